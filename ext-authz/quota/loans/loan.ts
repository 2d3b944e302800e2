import { answerAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { Taken } from '../../../core/quota/take.ts';

/**
 * How long an answer from Redis may be used: a loan, the absence of a session's tombstone, and what other processes have used.
 * Counted from the moment Redis was asked.
 */
export const LOAN_MS = 100;
/** Maximum size of a loan, in requests. */
export const MAX_LOAN = 256;

/** What a process has on loan from a tenant, over all of its loans. */
export interface Outstanding {
  /** In units of cost. */
  cost: number;
  /** Whether a loan is being asked for. Only one at a time, so that together they stay within their bound. */
  requested: boolean;
}

/** For requests that all ask the same: what Redis last answered, and a loan for those to come. */
export class Loan {
  readonly asks: readonly BucketAsk[];
  readonly outstanding: Outstanding;
  /** Cost of one request at the bucket where it costs most. */
  readonly #highestCost: number;
  #left = 0;
  #untilMs = 0;
  #levels: readonly number[] = [];
  #answeredMs = 0;
  /** Start of the current window of {@link LOAN_MS}, and the requests in it and in the window before. */
  #windowMs = 0;
  #hits = 0;
  #hitsBefore = 0;

  constructor(asks: readonly BucketAsk[], outstanding: Outstanding) {
    this.asks = asks;
    this.outstanding = outstanding;
    this.#highestCost = asks.reduce((most, { cost }) => Math.max(most, cost), 0);
  }

  /** Requests of the loan that have not been used. */
  get left(): number {
    return this.#left;
  }

  /** Whether it can still be used. */
  isGood(nowMs: number): boolean {
    return this.#left > 0 && nowMs < this.#untilMs;
  }

  /** Counts a request that a loan could serve. */
  hit(nowMs: number): void {
    if (nowMs - this.#windowMs >= LOAN_MS) {
      this.#hitsBefore = nowMs - this.#windowMs < 2 * LOAN_MS ? this.#hits : 0;
      this.#hits = 0;
      this.#windowMs = nowMs;
    }
    this.#hits += 1;
  }

  /** Number of requests to expect while a loan is valid: as many as in the current or the previous window. */
  get expected(): number {
    return Math.min(MAX_LOAN, Math.max(this.#hitsBefore, this.#hits - 1));
  }

  /** Records an answer from Redis. A new loan is added to what is left of the one before. */
  record(levels: readonly number[], loan: number, askedMs: number, nowMs: number): void {
    this.#levels = levels;
    this.#answeredMs = nowMs;
    if (loan === 0) return;
    this.#left += loan;
    this.outstanding.cost += loan * this.#highestCost;
    this.#untilMs = askedMs + LOAN_MS;
  }

  /** Uses the loan for one request. The answers are those of Redis, plus what this process has used since. */
  use(nowMs: number): Taken {
    this.#left -= 1;
    this.outstanding.cost -= this.#highestCost;
    return { allowed: true, answers: this.answers(this.#left, nowMs) };
  }

  /**
   * What is left of the buckets, as this process sees them.
   *
   * @param unused requests that were debited but have not come
   */
  answers(unused: number, nowMs: number): Taken['answers'] {
    const elapsedMs = Math.floor(nowMs - this.#answeredMs);
    return this.asks.map(({ limit, cost }, index) => {
      const debited = (this.#levels[index] ?? 0) - unused * cost * limit.periodMs;
      return answerAt(Math.max(0, debited - elapsedMs * limit.requests), limit, 0);
    });
  }

  /** Ends the loan. @returns the number of requests to give back */
  end(): number {
    const left = this.#left;
    this.#left = 0;
    this.outstanding.cost -= left * this.#highestCost;
    return left;
  }
}
