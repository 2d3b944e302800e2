import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import { deny } from '../../core/mcp/denial.ts';
import type { QuotaStoreSettings } from '../../core/policy/policy.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';
import { admitByQuota, countDenied } from './admission.ts';
import { QuotaCounts } from './counts.ts';
import { openRedisBacked, type RedisBacked } from './store/redis-backed.ts';
import { QuotaUnavailable } from './store/resilient-store.ts';
import { ShareStore } from './store/share-store.ts';
import type { QuotaStore } from './store/store.ts';
import { Tombstones } from './tombstones.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What quotas stand on now: Redis, each process's own share while there is none or it fails, or nothing, so that they refuse. */
export type QuotaMode = 'redis' | 'share' | 'refuse';

/** Keeps the store of quotas that the settings ask for. */
export class QuotaService {
  readonly #log: Logger;
  readonly #usage: Pick<UsageMeter, 'count'>;
  readonly #counts = new QuotaCounts();
  readonly #tombstones = new Tombstones();
  #settings: QuotaStoreSettings | undefined;
  #share = new ShareStore(1);
  #store: QuotaStore = this.#share;
  #redis: RedisBacked | undefined;

  /** @param usage counts what was asked for, and what became of it */
  constructor(log: Logger, usage: Pick<UsageMeter, 'count'>) {
    this.#log = log;
    this.#usage = usage;
  }

  /** Puts settings in force; the same ones change nothing. */
  use(settings: QuotaStoreSettings): void {
    const before = this.#settings;
    if (isDeepStrictEqual(settings, before)) return;
    this.close();
    this.#settings = settings;
    // What is used of the share stays used when only Redis moves.
    if (settings.processes !== (before?.processes ?? 1)) this.#share = new ShareStore(settings.processes);
    this.#store = this.#share;
    if (settings.redisUrl === '') return;
    try {
      this.#redis = openRedisBacked(settings, this.#share, this.#log);
      this.#store = this.#redis.store;
    } catch (error) {
      // A file that cannot be read; the settings are looked at again when they change.
      this.#log.error({ reason: messageOf(error) }, 'quotas: Redis cannot be used');
      if (settings.refuseWithoutRedis) this.#store = REFUSING;
    }
  }

  get mode(): QuotaMode {
    if (this.#redis?.store.healthy === true) return 'redis';
    return this.#settings?.redisUrl && this.#settings.refuseWithoutRedis ? 'refuse' : 'share';
  }

  /** What was counted, in the text format of Prometheus. */
  get metrics(): string {
    return this.#counts.text(this.mode === 'redis');
  }

  /** The rule that asks for quotas. */
  readonly rule = (request: AdmissionRequest): Admission | Promise<Admission> => {
    const admission = admitByQuota(request, {
      store: this.#store,
      usage: this.#usage,
      counts: this.#counts,
      ended: this.#ended,
      shared: this.#shared,
      now: Date.now,
    });
    return admission instanceof Promise ? admission.catch((error) => this.#unavailable(request, error)) : admission;
  };

  /** Counts a request that something else than a bucket refused. */
  readonly countDenied = (request: AdmissionRequest): void => {
    countDenied(request, { usage: this.#usage, counts: this.#counts, now: Date.now });
  };

  /** Leaves Redis. */
  close(): void {
    this.#redis?.close();
    this.#redis = undefined;
  }

  readonly #shared = (): boolean => this.mode === 'redis';

  #unavailable({ membership }: AdmissionRequest, error: unknown): Admission {
    if (!(error instanceof QuotaUnavailable)) throw error;
    const { name: tenant, quota } = membership.tenant;
    this.#counts.count(tenant, 'unavailable');
    if (quota?.dryRun === true) return undefined;
    return deny('unavailable', { message: 'Quotas cannot be checked now', headers: { 'retry-after': '2' } });
  }

  /** Only Redis tells of other gateways; while it fails, nothing is known of them. */
  readonly #ended = ({ membership, route }: AdmissionRequest): boolean | Promise<boolean> => {
    if (route.session === undefined || this.#redis?.store.healthy !== true) return false;
    const { name } = membership.tenant;
    return this.#tombstones.ended(name, route.session.fingerprint, this.#redis.store).catch(() => false);
  };
}

const REFUSING: QuotaStore = { take: () => Promise.reject(new QuotaUnavailable('Redis cannot be used')) };
