import type { BucketAsk } from './plan.ts';

/** A process has at most this fraction of what is left of a bucket on loan: a hundredth. */
export const LOAN_PART = 100;

/** What a process asks Redis for, on behalf of requests that all ask the same of the same buckets. */
export interface LoanRequest {
  /** Requests that wait for an answer. */
  readonly waiting: number;
  /** Further requests that the process expects, for which it asks for a loan. */
  readonly loan: number;
  /** What the process already has on loan from the tenant, in units of cost. */
  readonly outstanding: number;
}

/** What Redis answers. */
export interface LoanAnswer {
  /** How many of the waiting requests pass, as if they had come one after the other. */
  readonly passed: number;
  /** How many of the expected requests are on loan, which means that they have been charged too. 0 near the bottom of a bucket. */
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
