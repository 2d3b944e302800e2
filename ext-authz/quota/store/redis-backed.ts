import type { QuotaStoreSettings } from '../../../core/policy/policy.ts';
import type { Logger } from '../../../runtime/log.ts';
import { connectRedis } from '../../../runtime/redis.ts';
import { LoanStore } from '../loans/loan-store.ts';
import { NegativeCache } from './negative-cache.ts';
import { RedisStore } from './redis-store.ts';
import { ResilientStore } from './resilient-store.ts';
import type { ShareStore } from './share-store.ts';

/** The store of quotas in Redis, and its connection. */
export interface RedisBacked {
  store: ResilientStore;
  /** Disconnects from Redis. */
  close(): void;
}

/**
 * Connects to Redis for quotas.
 *
 * @param share decides while Redis fails, unless the settings deny requests then
 * @throws if a file named in the settings cannot be read, or the URL contains a malformed percent escape
 */
export function openRedisBacked(settings: QuotaStoreSettings, share: ShareStore, log: Logger): RedisBacked {
  const connection = connectRedis(settings);
  const redis = new RedisStore(connection.client);
  const loans = new LoanStore(redis);
  const cache = new NegativeCache(loans);
  const store = new ResilientStore({
    redis: {
      take: (request) => cache.take(request),
      takeNow: (request) => cache.takeNow(request),
      charge: (tenant, ask) => redis.charge(tenant, ask),
      probe: (tenant) => redis.probe(tenant),
    },
    connection,
    share: settings.denyWithoutRedis ? undefined : share,
    deadlineMs: settings.deadlineMs,
    log,
  });
  return {
    store,
    close: () => {
      store.close();
      loans.close();
      connection.close();
    },
  };
}
