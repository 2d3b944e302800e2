import { answerAt, type BucketAnswer, type BucketState, believed, levelAt } from './bucket.ts';
import { answerLoan, type LoanAnswer, type LoanRequest } from './loan.ts';
import type { BucketAsk } from './plan.ts';

/** What became of a request at its buckets, in the order of the asks. */
export interface Taken {
  /** Whether every bucket let it pass; else none was debited. */
  readonly allowed: boolean;
  /** Undefined where a request was refused without asking that bucket. */
  readonly answers: readonly (BucketAnswer | undefined)[];
}

/** What is remembered of the bucket with a key. */
type StateOf = (key: string) => BucketState | undefined;

/** One request that wants nothing beyond itself. */
const ONE: LoanRequest = { count: 1, lend: 0, held: 0 };

/**
 * Debits all buckets of a request, or none of them.
 *
 * @returns what became of it, and what to remember of each bucket
 */
export function take(
  asks: readonly BucketAsk[],
  stateOf: StateOf,
  nowMs: number,
): { taken: Taken; states: ReadonlyMap<string, BucketState> } {
  const { granted, levels, states } = takeSeveral(asks, stateOf, nowMs, ONE);
  const allowed = granted === 1;
  const answers = asks.map(({ limit, cost }, index) => answerAt(levels[index] ?? 0, limit, allowed ? 0 : cost));
  return { taken: { allowed, answers }, states };
}

/**
 * Debits all buckets of several requests that ask the same, as far as they go, and of those that are lent.
 *
 * @returns what was given, the level of each bucket after it, and what to remember of it
 */
export function takeSeveral(
  asks: readonly BucketAsk[],
  stateOf: StateOf,
  nowMs: number,
  wish: LoanRequest,
): LoanAnswer & { levels: number[]; states: ReadonlyMap<string, BucketState> } {
  const before = asks.map(({ key, limit }) => levelAt(stateOf(key), limit, nowMs));
  const grant = answerLoan(asks, before, wish);
  const debited = grant.granted + grant.lent;
  const levels = asks.map(({ limit, cost }, index) => (before[index] ?? 0) + debited * cost * limit.periodMs);
  // A clock that went back must not drain twice what it drains again.
  const atMs = (key: string) => Math.max(nowMs, believed(stateOf(key), nowMs)?.atMs ?? 0);
  const states = asks.map(
    ({ key, limit: { periodMs } }, index) => [key, { level: levels[index] ?? 0, periodMs, atMs: atMs(key) }] as const,
  );
  return { ...grant, levels, states: new Map(states) };
}
