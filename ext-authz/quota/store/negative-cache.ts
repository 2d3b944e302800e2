import { setNewest } from '../../../core/newest.ts';
import { answerAt, type BucketState, fits, levelAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/** How long an answer is used. Short, since this process is not notified of extra quota. */
const VALID_FOR_MS = 1_000;
const MAX_BUCKETS = 10_000;

/**
 * Denies requests without asking the store if an answer of the last second shows that a bucket cannot have refilled: in the meantime it can
 * only have been used more. A changed limit counts as another bucket, so the store is asked about it immediately.
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
    const known = this.#buckets.size === 0 ? undefined : this.#denied(request);
    return known ?? this.#store.takeNow?.(request);
  }

  async take(request: TakeRequest): Promise<TakeOutcome> {
    const known = this.#buckets.size === 0 ? undefined : this.#denied(request);
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

  #denied({ tenant, asks }: TakeRequest): TakeOutcome | undefined {
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
    if (state === undefined || Math.abs(nowMs - state.atMs) < VALID_FOR_MS) return state;
    this.#buckets.delete(key);
    return undefined;
  }

  // The level follows from the answer. It is rounded up by less than what drains in a millisecond.
  #remember(key: string, { limit }: BucketAsk, fullMs: number): void {
    const bucket = { level: fullMs * limit.requests, periodMs: limit.periodMs, atMs: this.#now() };
    setNewest(this.#buckets, key, bucket, MAX_BUCKETS);
  }
}

function keyOf(tenant: string, { key, limit: { requests, periodMs, burst } }: BucketAsk): string {
  return `${tenant}/${key}/${requests}/${periodMs}/${burst}`;
}
