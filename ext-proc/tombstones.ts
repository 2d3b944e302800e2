import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { QuotaStoreSettings } from '../core/policy/policy.ts';
import { tombstonesKey, WATERMARK } from '../core/quota/keys.ts';
import type { EndedSession } from '../core/session/ended-record.ts';
import { MAX_OF_OWNER } from '../core/session/ended-sessions.ts';
import type { Logger } from '../runtime/log.ts';
import { connectRedis, type RedisConnection } from '../runtime/redis.ts';

/**
 * Adds a tombstone to those of its owner, without those that have expired. If there are more than {@link MAX_OF_OWNER}, the sessions that
 * were opened first are dropped, and the watermark takes their place: nothing that was ended becomes usable again.
 *
 * KEYS: the tombstones of the owner. ARGV: fingerprint; time of issue; the time of issue of sessions that expire now; lifetime of the
 * tombstone in milliseconds; maximum.
 */
export const LEAVE_SCRIPT = `
local key = KEYS[1]
redis.call('ZADD', key, ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[3])
local excess = redis.call('ZCARD', key) - tonumber(ARGV[5])
if excess > 0 then
  local dropped = redis.call('ZPOPMIN', key, excess + 1)
  redis.call('ZADD', key, dropped[#dropped], '${WATERMARK}')
end
if redis.call('PTTL', key) < tonumber(ARGV[4]) then redis.call('PEXPIRE', key, ARGV[4]) end
return 1
`;

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
  async leave(tenant: string, session: EndedSession): Promise<void> {
    const { fingerprint, owner, issuedAtSeconds, forgetAtSeconds } = session;
    const nowMs = this.#now();
    const lifetimeMs = Math.ceil(forgetAtSeconds * 1000 - nowMs);
    if (this.#redis === undefined || lifetimeMs <= 0) return;
    try {
      if (!this.#redis.ready) throw new Error('not connected');
      const expiredSeconds = Math.floor(nowMs / 1000) - (forgetAtSeconds - issuedAtSeconds);
      const parts = [fingerprint, issuedAtSeconds, expiredSeconds, lifetimeMs, MAX_OF_OWNER];
      await this.#redis.client.eval(LEAVE_SCRIPT, 1, tombstonesKey(tenant, owner), ...parts);
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
