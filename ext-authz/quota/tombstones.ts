import { setNewest } from '../../core/newest.ts';
import type { QuotaStore } from './store/store.ts';

/** A session that another gateway ended is known here at the latest after this time. */
const ALIVE_FOR_MS = 1_000;
const MAX_SESSIONS = 10_000;

/**
 * Looks at the tombstones that other gateways leave in Redis, for requests that ask Redis nothing else. A session that had none is not
 * looked at again for a second.
 */
export class Tombstones {
  readonly #now: () => number;
  readonly #alive = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether a session was ended by another gateway. Rejects when the store cannot be asked. */
  async ended(tenant: string, fingerprint: string, store: QuotaStore): Promise<boolean> {
    const seenMs = this.#alive.get(fingerprint);
    if (seenMs !== undefined && Math.abs(this.#now() - seenMs) < ALIVE_FOR_MS) return false;
    const { kind } = await store.take({ tenant, asks: [], sessionFingerprint: fingerprint });
    this.#alive.delete(fingerprint);
    if (kind === 'ended') return true;
    setNewest(this.#alive, fingerprint, this.#now(), MAX_SESSIONS);
    return false;
  }
}
