import type { BucketAsk } from './plan.ts';

/** A process may hold at most 1/LOAN_PART of what is left in a bucket on loan. */
export const LOAN_PART = 100;

/** What a process asks Redis for, on behalf of requests that all ask the same of the same buckets. */
export interface LoanRequest {
  /** Requests that wait for an answer. */
  readonly waiting: number;
  /** How many more requests the process expects and wants to borrow for. */
  readonly loan: number;
  /** Cost that the process already holds on loan from the tenant's buckets. */
  readonly outstanding: number;
}

/** What Redis answers. */
export interface LoanAnswer {
  /** How many of the waiting requests pass: the same number as if they had come one after the other. */
  readonly passed: number;
  /** How many of the expected requests were lent: they are charged now, in addition to the waiting ones. 0 if a bucket is nearly empty. */
  readonly loan: number;
}

/**
 * The answer of buckets at these levels. The script in Redis computes the same numbers; a test compares the two.
 *
 * @param levels of each bucket before the requests, in the order of the asks
 */
export function answerLoan(
  asks: readonly BucketAsk[],
  levels: readonly number[],
  { waiting, loan, outstanding }: LoanRequest,
): LoanAnswer {
  const priced = asks.flatMap(({ limit: { burst, periodMs }, cost }, index) =>
    cost > 0 ? [{ free: burst * periodMs - (levels[index] ?? 0), cost, periodMs }] : [],
  );
  const fitting = priced.map(({ free, cost, periodMs }) => Math.floor(free / (cost * periodMs)));
  const passed = Math.min(waiting, ...fitting);
  if (passed < waiting || priced.length === 0) return { passed, loan: 0 };
  const spare = priced.map(({ free, cost, periodMs }) => {
    const left = Math.floor(free / periodMs) - passed * cost;
    return Math.floor((Math.floor(left / LOAN_PART) - outstanding) / cost);
  });
  return { passed, loan: Math.max(0, Math.min(loan, ...spare)) };
}
