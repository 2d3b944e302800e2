import { setNewest } from '../../../core/newest.ts';
import { answerAt, type BucketState, fits, levelAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/** An answer is good for so long, so that extra quota, which nobody tells this process of, counts soon. */
const GOOD_FOR_MS = 1_000;
const MAX_BUCKETS = 10_000;

/**
 * Refuses without asking where an answer of the last second tells that a bucket cannot have refilled: meanwhile it can only have been
 * used more. A limit that changed is another bucket here, and is asked at once.
 */
export class NegativeCache implements QuotaStore {
  readonly #store: QuotaStore;
  readonly #now: () => number;
  readonly #buckets = new Map<string, BucketState>();

  constructor(store: QuotaStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  takeNow(request: TakeRequest): TakeOutcome | undefined {
    const known = this.#buckets.size === 0 ? undefined : this.#refusal(request);
    return known ?? this.#store.takeNow?.(request);
  }

  async take(request: TakeRequest): Promise<TakeOutcome> {
    const known = this.#buckets.size === 0 ? undefined : this.#refusal(request);
    if (known !== undefined) return known;
    const outcome = await this.#store.take(request);
    if (outcome.kind === 'taken' && !outcome.taken.allowed) {
      request.asks.forEach((ask, index) => {
        const { waitMs = 0, fullMs = 0 } = outcome.taken.answers[index] ?? {};
        if (waitMs > 0) this.#remember(keyOf(request.tenant, ask), ask, fullMs);
      });
    }
    return outcome;
  }

  #refusal({ tenant, asks }: TakeRequest): TakeOutcome | undefined {
    const nowMs = this.#now();
    let allowed = true;
    const answers = asks.map((ask) => {
      const state = this.#known(keyOf(tenant, ask), nowMs);
      if (state === undefined) return undefined;
      const level = levelAt(state, ask.limit, nowMs);
      if (!fits(level, ask.limit, ask.cost)) allowed = false;
      return answerAt(level, ask.limit, ask.cost);
    });
    return allowed ? undefined : { kind: 'taken', taken: { allowed, answers } };
  }

  #known(key: string, nowMs: number): BucketState | undefined {
    const state = this.#buckets.get(key);
    if (state === undefined || Math.abs(nowMs - state.atMs) < GOOD_FOR_MS) return state;
    this.#buckets.delete(key);
    return undefined;
  }

  // The level is that of the answer, rounded up by less than what a millisecond drains.
  #remember(key: string, { limit }: BucketAsk, fullMs: number): void {
    const bucket = { level: fullMs * limit.requests, periodMs: limit.periodMs, atMs: this.#now() };
    setNewest(this.#buckets, key, bucket, MAX_BUCKETS);
  }
}

function keyOf(tenant: string, { key, limit: { requests, periodMs, burst } }: BucketAsk): string {
  return `${tenant}/${key}/${requests}/${periodMs}/${burst}`;
}
