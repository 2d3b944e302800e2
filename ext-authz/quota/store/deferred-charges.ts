import { setNewest } from '../../../core/newest.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { TakeRequest } from './store.ts';

/** More buckets than this are not remembered; what was let pass longest ago is forgiven first. */
const MAX_CHARGES = 100_000;

/** What was let pass at a bucket without asking Redis. */
export interface DeferredCharge {
  tenant: string;
  /** Its cost is the sum of what was let pass. */
  ask: BucketAsk;
}

/** What is to be charged to Redis once it is back. */
export class DeferredCharges {
  #charges = new Map<string, DeferredCharge>();

  get size(): number {
    return this.#charges.size;
  }

  /** Notes down what a request costs at its buckets. */
  note({ tenant, asks }: Pick<TakeRequest, 'tenant' | 'asks'>): void {
    for (const ask of asks) {
      const key = `${tenant}/${ask.key}`;
      const before = this.#charges.get(key)?.ask.cost ?? 0;
      setNewest(this.#charges, key, { tenant, ask: { ...ask, cost: before + ask.cost } }, MAX_CHARGES);
    }
  }

  /** Hands them over, and forgets them. */
  collect(): DeferredCharge[] {
    const charges = [...this.#charges.values()];
    this.#charges = new Map();
    return charges;
  }
}
