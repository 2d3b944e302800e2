import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { QuotaStoreSettings } from '../core/policy/policy.ts';
import { tombstoneKey } from '../core/quota/keys.ts';
import type { Logger } from '../runtime/log.ts';
import { connectRedis, type RedisConnection } from '../runtime/redis.ts';

/**
 * Leaves tombstones of sessions in Redis, where other gateways see them. Without Redis, or while it fails, only the own gateway knows
 * them. That it fails, and that it works again, is logged once.
 */
export class SharedTombstones {
  readonly #log: Logger;
  readonly #now: () => number;
  #settings: QuotaStoreSettings | undefined;
  #redis: RedisConnection | undefined;
  #failing = false;

  constructor(log: Logger, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** Puts settings in force; the same ones change nothing. */
  use(settings: QuotaStoreSettings): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.close();
    this.#settings = settings;
    if (settings.redisUrl === '') return;
    try {
      this.#redis = connectRedis(settings);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Leaves one for a session of a tenant. Takes at most the deadline of the settings, and never rejects. */
  async leave(tenant: string, fingerprint: string, forgetAtSeconds: number): Promise<void> {
    const lifetimeMs = Math.ceil(forgetAtSeconds * 1000 - this.#now());
    if (this.#redis === undefined || lifetimeMs <= 0) return;
    try {
      if (!this.#redis.ready) throw new Error('there is no connection');
      await this.#redis.client.set(tombstoneKey(tenant, fingerprint), '1', 'PX', lifetimeMs);
      if (this.#failing) this.#log.info('other gateways are told of sessions that end again');
      this.#failing = false;
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Leaves Redis. */
  close(): void {
    this.#redis?.close();
    this.#redis = undefined;
  }

  #tell(error: unknown): void {
    const reason = this.#redis?.problem ?? messageOf(error);
    if (!this.#failing) this.#log.warn({ reason }, 'Redis fails: other gateways are not told of sessions that end');
    this.#failing = true;
  }
}
