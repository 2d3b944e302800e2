import type { Limit } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import { MemoryStore } from './memory-store.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/**
 * The share of one process in every quota: each of N processes lets 1/N of the rate and of the burst pass, but at least one request. So
 * together they let at most the limit pass, or one request per process if the burst is smaller than N.
 */
export class ShareStore implements QuotaStore {
  readonly #memory: MemoryStore;
  readonly #processes: number;

  constructor(processes: number, memory = new MemoryStore()) {
    this.#processes = processes;
    this.#memory = memory;
  }

  take(request: TakeRequest): Promise<TakeOutcome> {
    return this.#memory.take({ ...request, asks: request.asks.map((ask) => this.#shared(ask)) });
  }

  /** Requests used of this process's share of a bucket, rounded up. */
  used(tenant: string, ask: BucketAsk): number {
    const shared = this.#shared(ask);
    return Math.ceil(this.#memory.level(tenant, shared) / shared.limit.periodMs);
  }

  #shared(ask: BucketAsk): BucketAsk {
    return { ...ask, limit: shareOf(ask.limit, this.#processes) };
  }
}

// Lengthens the period instead of reducing the requests, so that all numbers stay whole.
function shareOf({ requests, periodMs, burst }: Limit, processes: number): Limit {
  return { requests, periodMs: periodMs * processes, burst: Math.max(1, Math.floor(burst / processes)) };
}
