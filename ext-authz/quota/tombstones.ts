import { setNewest } from '../../core/newest.ts';
import type { SessionRef } from '../../core/session/ended-record.ts';
import type { QuotaStore } from './store/store.ts';

/** Time after which a session that another gateway ended is recognized at the latest. */
const ALIVE_FOR_MS = 1_000;
const MAX_SESSIONS = 10_000;

/**
 * Looks up the tombstones of other gateways in Redis, for requests that do not ask Redis for anything else. A session without a tombstone
 * is not looked up again for a second.
 */
export class Tombstones {
  readonly #now: () => number;
  readonly #alive = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether another gateway ended a session. Rejects if the store cannot be asked. */
  async ended(tenant: string, session: SessionRef, store: QuotaStore): Promise<boolean> {
    const { fingerprint } = session;
    const seenMs = this.#alive.get(fingerprint);
    if (seenMs !== undefined && Math.abs(this.#now() - seenMs) < ALIVE_FOR_MS) return false;
    const { kind } = await store.take({ tenant, asks: [], session });
    this.#alive.delete(fingerprint);
    if (kind === 'ended') return true;
    setNewest(this.#alive, fingerprint, this.#now(), MAX_SESSIONS);
    return false;
  }
}
