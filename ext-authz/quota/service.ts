import { isDeepStrictEqual } from 'node:util';
import type { Charge } from '../../core/decision/decision.ts';
import { messageOf } from '../../core/errors.ts';
import { deny } from '../../core/mcp/denial.ts';
import type { QuotaStoreSettings } from '../../core/policy/policy.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';
import { admitByQuota } from './admission.ts';
import type { QuotaCounts } from './counts.ts';
import { openRedisBacked, type RedisBacked } from './store/redis-backed.ts';
import { QuotaUnavailable } from './store/resilient-store.ts';
import { ShareStore } from './store/share-store.ts';
import type { QuotaStore } from './store/store.ts';
import { Tombstones } from './tombstones.ts';

/**
 * Where quotas are kept at present: in Redis; as a share in each process, if Redis is not configured or fails; or nowhere, so that
 * requests with a quota are denied. `GET /readyz` shows these words, so `refuse` stays for compatibility.
 */
export type QuotaMode = 'redis' | 'share' | 'refuse';

/** The quotas of this process, in the store that the settings select. */
export class QuotaService {
  readonly #log: Logger;
  readonly #counts: QuotaCounts;
  readonly #tombstones = new Tombstones();
  #settings: QuotaStoreSettings | undefined;
  #share = new ShareStore(1);
  #store: QuotaStore = this.#share;
  #redis: RedisBacked | undefined;

  /** @param counts counts of requests by outcome, for {@link metrics} */
  constructor(log: Logger, counts: QuotaCounts) {
    this.#log = log;
    this.#counts = counts;
  }

  /** Applies settings. Equal settings change nothing. */
  use(settings: QuotaStoreSettings): void {
    const before = this.#settings;
    if (isDeepStrictEqual(settings, before)) return;
    this.close();
    this.#settings = settings;
    // Keep what this process has counted (ShareStore) unless the number of processes changes.
    if (settings.processes !== (before?.processes ?? 1)) this.#share = new ShareStore(settings.processes);
    this.#store = this.#share;
    if (settings.redisUrl === '') return;
    try {
      this.#redis = openRedisBacked(settings, this.#share, this.#log);
      this.#store = this.#redis.store;
    } catch (error) {
      // The password or CA file cannot be read, or the URL contains a malformed percent escape. Try again when the settings change.
      this.#log.error({ reason: messageOf(error) }, 'quotas: Redis cannot be used');
      if (settings.denyWithoutRedis) this.#store = NO_STORE;
    }
  }

  get mode(): QuotaMode {
    if (this.#redis?.store.healthy === true) return 'redis';
    return this.#settings?.redisUrl && this.#settings.denyWithoutRedis ? 'refuse' : 'share';
  }

  /** The counts in the text format of Prometheus. */
  get metrics(): string {
    return this.#counts.text(this.mode === 'redis');
  }

  /** Admission rule for quotas. */
  readonly rule = (request: AdmissionRequest): Admission | Promise<Admission> => {
    const admission = admitByQuota(request, {
      store: this.#store,
      ended: this.#ended,
      shared: this.#shared,
      now: Date.now,
    });
    return admission instanceof Promise ? admission.catch((error) => this.#unavailable(request, error)) : admission;
  };

  /** Disconnects from Redis. */
  close(): void {
    this.#redis?.close();
    this.#redis = undefined;
  }

  readonly #shared = (): boolean => this.mode === 'redis';

  #unavailable({ membership }: AdmissionRequest, error: unknown): Admission {
    if (!(error instanceof QuotaUnavailable)) throw error;
    const charge: Charge = { outcome: 'unavailable', messages: [], readings: [] };
    if (membership.tenant.quota?.dryRun === true) return { admitted: true, headers: {}, charge };
    return { admitted: false, denial: UNAVAILABLE, charge };
  }

  /** Sessions that other gateways ended are known only through Redis, so while it fails, none are. */
  readonly #ended = ({ membership, route }: AdmissionRequest): boolean | Promise<boolean> => {
    if (route.session === undefined || this.#redis?.store.healthy !== true) return false;
    const { name } = membership.tenant;
    return this.#tombstones.ended(name, route.session, this.#redis.store).catch(() => false);
  };
}

const UNAVAILABLE = deny('unavailable', { message: 'Quotas cannot be checked now', headers: { 'retry-after': '2' } });

const NO_STORE: QuotaStore = { take: () => Promise.reject(new QuotaUnavailable('Redis cannot be used')) };
