import type { QuotaStoreSettings } from '../../../../core/policy/policy.ts';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { openRedisBacked, type RedisBacked } from '../../../../ext-authz/quota/store/redis-backed.ts';
import { ShareStore } from '../../../../ext-authz/quota/store/share-store.ts';
import type { QuotaStore } from '../../../../ext-authz/quota/store/store.ts';
import { capturedLog } from '../../captured-log.ts';

/** Ten requests that refill in ten days, so none refills within a test. */
export const DAILY: BucketAsk = {
  key: 'tenant',
  name: 'tenant',
  limit: { requests: 1, periodMs: 86_400_000, burst: 10 },
  cost: 1,
};

/** Settings of a single process. */
export const settingsOf = (redisUrl: string, more: Partial<QuotaStoreSettings> = {}): QuotaStoreSettings => ({
  redisUrl,
  redisPasswordFile: '',
  redisCaFile: '',
  deadlineMs: 500,
  denyWithoutRedis: false,
  processes: 1,
  gateways: 1,
  ...more,
});

/** The store of ext-authz, with its log. */
export interface OpenedStore extends RedisBacked {
  /** Messages of level `info` and above. */
  messages: string[];
}

/** Opens the store as ext-authz does. */
export function openStore(settings: QuotaStoreSettings): OpenedStore {
  const { log, messages } = capturedLog('info');
  return { ...openRedisBacked(settings, new ShareStore(settings.processes), log), messages };
}

/** The number of `count` requests in a row that pass. */
export async function passing(store: QuotaStore, count: number, ask = DAILY, tenant = 'red'): Promise<number> {
  let passed = 0;
  for (let n = 0; n < count; n += 1) {
    const outcome = await store.take({ tenant, asks: [ask], session: undefined });
    if (outcome.kind === 'taken' && outcome.taken.allowed) passed += 1;
  }
  return passed;
}

/** The messages in the log when Redis fails, and when it is back. */
export const FAILS = 'quotas: Redis fails; until it is back, each process gives out its share';
export const BACK = 'quotas: Redis is back';
