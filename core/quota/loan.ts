import type { BucketAsk } from './plan.ts';

/** A process holds on loan at most this part of what is left of a bucket. */
export const LOAN_PART = 100;

/** What a process wants for requests that all ask the same. */
export interface LoanRequest {
  /** Requests that wait for an answer. */
  readonly count: number;
  /** Requests that are likely to come next. */
  readonly lend: number;
  /** What the process holds on loan of the tenant already, in units of cost. */
  readonly held: number;
}

/** What it gets. */
export interface LoanAnswer {
  /** Of those that wait, so many pass, as if they had asked one after the other. */
  readonly granted: number;
  /** So many that are still to come have been debited, too. Nothing is lent near the bottom of a bucket. */
  readonly lent: number;
}

/**
 * What buckets at these levels give. The script in Redis does the same, number for number; a test holds the two together.
 *
 * @param levels of each bucket before, in the order of the asks
 */
export function answerLoan(
  asks: readonly BucketAsk[],
  levels: readonly number[],
  { count, lend, held }: LoanRequest,
): LoanAnswer {
  const priced = asks.flatMap(({ limit: { burst, periodMs }, cost }, index) =>
    cost > 0 ? [{ free: burst * periodMs - (levels[index] ?? 0), cost, periodMs }] : [],
  );
  const fitting = priced.map(({ free, cost, periodMs }) => Math.floor(free / (cost * periodMs)));
  const granted = Math.min(count, ...fitting);
  if (granted < count || priced.length === 0) return { granted, lent: 0 };
  const spare = priced.map(({ free, cost, periodMs }) => {
    const left = Math.floor(free / periodMs) - granted * cost;
    return Math.floor((Math.floor(left / LOAN_PART) - held) / cost);
  });
  return { granted, lent: Math.max(0, Math.min(lend, ...spare)) };
}
