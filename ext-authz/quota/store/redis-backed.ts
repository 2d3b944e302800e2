import type { QuotaStoreSettings } from '../../../core/policy/policy.ts';
import type { Logger } from '../../../runtime/log.ts';
import { connectRedis } from '../../../runtime/redis.ts';
import { LoanStore } from '../loans/loan-store.ts';
import { NegativeCache } from './negative-cache.ts';
import { RedisStore } from './redis-store.ts';
import { ResilientStore } from './resilient-store.ts';
import type { ShareStore } from './share-store.ts';

/** Quotas in Redis, with everything around it. */
export interface RedisBacked {
  store: ResilientStore;
  /** Leaves Redis. */
  close(): void;
}

/**
 * Connects to Redis for quotas.
 * @param share gives out requests while Redis cannot, unless the settings say that they are refused then
 * @throws when a file that the settings name cannot be read
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
    share: settings.refuseWithoutRedis ? undefined : share,
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
