import { type BucketState, type Limit, levelAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import { take } from '../../../core/quota/take.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/** Maximum number of stored buckets. Beyond it, full buckets are removed first, then the least recently used. */
const MAX_BUCKETS = 100_000;

/** Buckets in the memory of this process; exact only if there is no other process. */
export class MemoryStore implements QuotaStore {
  readonly #buckets = new Map<string, { state: BucketState; limit: Limit }>();
  readonly #now: () => number;
  readonly #maxBuckets: number;

  constructor(now: () => number = Date.now, maxBuckets = MAX_BUCKETS) {
    this.#now = now;
    this.#maxBuckets = maxBuckets;
  }

  take({ tenant, asks }: TakeRequest): Promise<TakeOutcome> {
    const { taken, states } = take(asks, (key) => this.#buckets.get(keyOf(tenant, key))?.state, this.#now());
    if (taken.allowed) {
      for (const { key, limit } of asks) {
        const state = states.get(key);
        if (state === undefined) continue;
        // Insert again, so that the order of insertion is that of use.
        this.#buckets.delete(keyOf(tenant, key));
        this.#buckets.set(keyOf(tenant, key), { state, limit });
      }
      if (this.#buckets.size > this.#maxBuckets) this.#forget();
    }
    return Promise.resolve({ kind: 'taken', taken });
  }

  /** The present level of a bucket, as in {@link BucketState}. */
  level(tenant: string, { key, limit }: BucketAsk): number {
    return levelAt(this.#buckets.get(keyOf(tenant, key))?.state, limit, this.#now());
  }

  #forget(): void {
    const nowMs = this.#now();
    for (const [key, { state, limit }] of this.#buckets) {
      if (levelAt(state, limit, nowMs) === 0) this.#buckets.delete(key);
    }
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#maxBuckets) break;
      this.#buckets.delete(key);
    }
  }
}

const keyOf = (tenant: string, key: string) => `${tenant}/${key}`;
