import { setNewest } from '../../../core/newest.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { TakeRequest } from './store.ts';

/** Maximum number of buckets with deferred charges. Beyond it, the least recently changed charge is dropped. */
const MAX_CHARGES = 100_000;

/** The cost, at one bucket, of requests that passed without asking Redis. */
export interface DeferredCharge {
  tenant: string;
  /** Its cost is the sum for all of these requests. */
  ask: BucketAsk;
}

/** Charges for Redis once it is back. */
export class DeferredCharges {
  #charges = new Map<string, DeferredCharge>();

  get size(): number {
    return this.#charges.size;
  }

  /** Adds the cost of a request at each of its buckets. */
  note({ tenant, asks }: Pick<TakeRequest, 'tenant' | 'asks'>): void {
    for (const ask of asks) {
      const key = `${tenant}/${ask.key}`;
      const before = this.#charges.get(key)?.ask.cost ?? 0;
      setNewest(this.#charges, key, { tenant, ask: { ...ask, cost: before + ask.cost } }, MAX_CHARGES);
    }
  }

  /** Returns and removes all charges. */
  collect(): DeferredCharge[] {
    const charges = [...this.#charges.values()];
    this.#charges = new Map();
    return charges;
  }
}
