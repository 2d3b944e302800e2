import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { QuotaStoreSettings } from '../core/policy/policy.ts';
import { tombstoneKey } from '../core/quota/keys.ts';
import type { Logger } from '../runtime/log.ts';
import { connectRedis, type RedisConnection } from '../runtime/redis.ts';

/**
 * Leaves tombstones of sessions in Redis for other gateways. Without Redis, or while it fails, only this gateway knows which sessions have
 * ended. A failure and the recovery are logged once each.
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

  /** Applies settings. Equal settings change nothing. */
  use(settings: QuotaStoreSettings): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.close();
    this.#settings = settings;
    if (settings.redisUrl === '') return;
    try {
      this.#redis = connectRedis(settings);
    } catch (error) {
      this.#reportFailure(error);
    }
  }

  /** Leaves a tombstone for a session of a tenant. Takes at most the deadline of the settings. Never rejects. */
  async leave(tenant: string, fingerprint: string, forgetAtSeconds: number): Promise<void> {
    const lifetimeMs = Math.ceil(forgetAtSeconds * 1000 - this.#now());
    if (this.#redis === undefined || lifetimeMs <= 0) return;
    try {
      if (!this.#redis.ready) throw new Error('not connected');
      await this.#redis.client.set(tombstoneKey(tenant, fingerprint), '1', 'PX', lifetimeMs);
      if (this.#failing) this.#log.info('Redis works again: other gateways learn of ended sessions');
      this.#failing = false;
    } catch (error) {
      this.#reportFailure(error);
    }
  }

  /** Disconnects from Redis. */
  close(): void {
    this.#redis?.close();
    this.#redis = undefined;
  }

  #reportFailure(error: unknown): void {
    const reason = this.#redis?.problem ?? messageOf(error);
    if (!this.#failing) this.#log.warn({ reason }, 'Redis failed: other gateways do not learn of ended sessions');
    this.#failing = true;
  }
}
