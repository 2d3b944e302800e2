import { answerAt, type BucketAnswer, type BucketState, believed, fits, levelAt } from './bucket.ts';
import type { BucketAsk } from './plan.ts';

/** What became of a request at its buckets, in the order of the asks. */
export interface Taken {
  /** Whether every bucket let it pass; else none was debited. */
  readonly allowed: boolean;
  /** Undefined where a request was refused without asking that bucket. */
  readonly answers: readonly (BucketAnswer | undefined)[];
}

/**
 * Debits all buckets of a request, or none of them.
 *
 * @param stateOf what is remembered of the bucket with this key
 * @returns what became of it, and what to remember of each bucket
 */
export function take(
  asks: readonly BucketAsk[],
  stateOf: (key: string) => BucketState | undefined,
  nowMs: number,
): { taken: Taken; states: ReadonlyMap<string, BucketState> } {
  const levels = asks.map(({ key, limit }) => levelAt(stateOf(key), limit, nowMs));
  const allowed = asks.every(({ limit, cost }, index) => fits(levels[index] ?? 0, limit, cost));
  const after = asks.map(({ limit, cost }, index) => (levels[index] ?? 0) + (allowed ? cost * limit.periodMs : 0));
  return {
    taken: {
      allowed,
      answers: asks.map(({ limit, cost }, index) => answerAt(after[index] ?? 0, limit, allowed ? 0 : cost)),
    },
    states: new Map(
      asks.map(({ key, limit }, index) => [
        key,
        // A clock that went back must not drain twice what it drains again.
        {
          level: after[index] ?? 0,
          periodMs: limit.periodMs,
          atMs: Math.max(nowMs, believed(stateOf(key), nowMs)?.atMs ?? 0),
        },
      ]),
    ),
  };
}
