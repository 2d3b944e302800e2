import { answerAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { Taken } from '../../../core/quota/take.ts';

/**
 * A loan is good for so long after Redis was asked, and so is what Redis said of the tombstone of a session, and of what others used.
 */
export const LOAN_MS = 100;
/** Most requests of a loan. */
export const MAX_LOAN = 256;

/** What a process holds of a tenant, in units of cost. */
export interface Held {
  cost: number;
  /** Whether Redis is being asked for a loan: not for another one meanwhile, so that all of them stay within their bound. */
  asked: boolean;
}

/** Requests that all ask the same: what Redis last said to one of them, and a loan for those to come. */
export class Loan {
  readonly asks: readonly BucketAsk[];
  readonly held: Held;
  /** What one request takes of the bucket where it takes most. */
  readonly #dearest: number;
  #left = 0;
  #untilMs = 0;
  #levels: readonly number[] = [];
  #heardMs = 0;
  /** Requests of this window and of the one before. */
  #windowMs = 0;
  #hits = 0;
  #hitsBefore = 0;

  constructor(asks: readonly BucketAsk[], held: Held) {
    this.asks = asks;
    this.held = held;
    this.#dearest = asks.reduce((most, { cost }) => Math.max(most, cost), 0);
  }

  /** Requests that were lent and did not come. */
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

  /** How many requests are likely to come while a loan is good: as many as lately. */
  get wanted(): number {
    return Math.min(MAX_LOAN, Math.max(this.#hitsBefore, this.#hits - 1));
  }

  /** Notes down what Redis said, and what it lent; a loan that is there goes on. */
  heard(levels: readonly number[], lent: number, askedMs: number, nowMs: number): void {
    this.#levels = levels;
    this.#heardMs = nowMs;
    if (lent === 0) return;
    this.#left += lent;
    this.held.cost += lent * this.#dearest;
    this.#untilMs = askedMs + LOAN_MS;
  }

  /** Takes one request of the loan. What is told of the buckets is what Redis said, and what was taken since. */
  use(nowMs: number): Taken {
    this.#left -= 1;
    this.held.cost -= this.#dearest;
    return { allowed: true, answers: this.answers(this.#left, nowMs) };
  }

  /** What the buckets hold for this process when so many of what was debited did not come. */
  answers(unused: number, nowMs: number): Taken['answers'] {
    const elapsedMs = Math.floor(nowMs - this.#heardMs);
    return this.asks.map(({ limit, cost }, index) => {
      const debited = (this.#levels[index] ?? 0) - unused * cost * limit.periodMs;
      return answerAt(Math.max(0, debited - elapsedMs * limit.requests), limit, 0);
    });
  }

  /** Ends the loan. @returns how many are to be given back */
  end(): number {
    const left = this.#left;
    this.#left = 0;
    this.held.cost -= left * this.#dearest;
    return left;
  }
}
