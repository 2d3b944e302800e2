import type { Cluster, Redis } from 'ioredis';
import { answerAt } from '../../core/quota/bucket.ts';
import { bucketKey, tenantKey, tombstoneKey } from '../../core/quota/keys.ts';
import type { BucketAsk } from '../../core/quota/plan.ts';
import { CHARGE_SCRIPT, TAKE_SCRIPT } from './script.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

const PROBE_LIFETIME_MS = 10_000;

type Script = (...args: (string | number)[]) => Promise<number[]>;

function defineScript(redis: Redis | Cluster, name: string, lua: string): Script {
  redis.defineCommand(name, { lua });
  const command: unknown = Reflect.get(redis, name);
  if (typeof command !== 'function') throw new Error(`the script ${name} was not defined`);
  return command.bind(redis);
}

/** Buckets in Redis, Valkey or a cluster of them, shared by all gateways. */
export class RedisStore implements QuotaStore {
  readonly #redis: Redis | Cluster;
  readonly #take: Script;
  readonly #charge: Script;

  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
    this.#take = defineScript(redis, 'takeQuota', TAKE_SCRIPT);
    this.#charge = defineScript(redis, 'chargeQuota', CHARGE_SCRIPT);
  }

  /** Whether the node of a tenant takes writes. Rejects when it does not. */
  async probe(tenant: string): Promise<void> {
    await this.#redis.set(tenantKey(tenant, 'probe'), '1', 'PX', PROBE_LIFETIME_MS);
  }

  /** Adds to a bucket what was let pass without asking. */
  async charge(tenant: string, { key, limit, cost }: BucketAsk): Promise<void> {
    await this.#charge(1, bucketKey(tenant, key), limit.requests, limit.periodMs, limit.burst, cost);
  }

  async take({ tenant, asks, sessionFingerprint = '' }: TakeRequest): Promise<TakeOutcome> {
    const keys = asks.map(({ key }) => bucketKey(tenant, key));
    const tombstone = tombstoneKey(tenant, sessionFingerprint);
    const numbers = asks.flatMap(({ limit, cost }) => [limit.requests, limit.periodMs, limit.burst, cost]);
    const [verdict, , ...levels] = await this.#take(keys.length + 1, ...keys, tombstone, ...numbers);
    if (verdict === -1) return { kind: 'ended' };
    const allowed = verdict === 1;
    const answers = asks.map(({ limit, cost }, index) => answerAt(levels[index] ?? 0, limit, allowed ? 0 : cost));
    return { kind: 'taken', taken: { allowed, answers } };
  }
}
