import { answerAt, type BucketAnswer, type BucketState, levelAt, plausible } from './bucket.ts';
import { answerLoan, type LoanAnswer, type LoanRequest } from './loan.ts';
import type { BucketAsk } from './plan.ts';

/** The outcome of a request at its buckets, in the order of the asks. */
export interface Taken {
  /** Whether every bucket let the request pass; otherwise none was debited. */
  readonly allowed: boolean;
  /** Undefined for a bucket that was not asked because the request was denied before. */
  readonly answers: readonly (BucketAnswer | undefined)[];
}

/** Looks up the stored state of the bucket with a key. */
type StateOf = (key: string) => BucketState | undefined;

/** A single request, without a loan. */
const ONE: LoanRequest = { waiting: 1, loan: 0, outstanding: 0 };

/**
 * Debits all buckets of a request, or none of them.
 *
 * @returns the outcome, and the new state of each bucket
 */
export function take(
  asks: readonly BucketAsk[],
  stateOf: StateOf,
  nowMs: number,
): { taken: Taken; states: ReadonlyMap<string, BucketState> } {
  const { passed, levels, states } = takeSeveral(asks, stateOf, nowMs, ONE);
  const allowed = passed === 1;
  const answers = asks.map(({ limit, cost }, index) => answerAt(levels[index] ?? 0, limit, allowed ? 0 : cost));
  return { taken: { allowed, answers }, states };
}

/**
 * Debits all buckets for several requests that ask the same: for as many as fit, and for the loan.
 *
 * @returns the answer, and the level and new state of each bucket after it
 */
export function takeSeveral(
  asks: readonly BucketAsk[],
  stateOf: StateOf,
  nowMs: number,
  request: LoanRequest,
): LoanAnswer & { levels: number[]; states: ReadonlyMap<string, BucketState> } {
  const before = asks.map(({ key, limit }) => levelAt(stateOf(key), limit, nowMs));
  const answer = answerLoan(asks, before, request);
  const debited = answer.passed + answer.loan;
  const levels = asks.map(({ limit, cost }, index) => (before[index] ?? 0) + debited * cost * limit.periodMs);
  // If the clock was set back, the same time must not drain the bucket twice.
  const atMs = (key: string) => Math.max(nowMs, plausible(stateOf(key), nowMs)?.atMs ?? 0);
  const states = asks.map(
    ({ key, limit: { periodMs } }, index) => [key, { level: levels[index] ?? 0, periodMs, atMs: atMs(key) }] as const,
  );
  return { ...answer, levels, states: new Map(states) };
}
