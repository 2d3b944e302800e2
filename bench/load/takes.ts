import type { BucketAsk } from '../../core/quota/plan.ts';
import { RedisStore } from '../../ext-authz/quota/store/redis-store.ts';
import { connectRedis } from '../../runtime/redis.ts';
import { debitsOf, type QuotaRedis, type RedisContext, startQuotaRedis } from '../tools/redis.ts';
import type { Sample } from './sample.ts';

const DEADLINE_MS = 5_000;
const SESSION = { fingerprint: '0'.repeat(32), owner: '1'.repeat(32), issuedAtSeconds: 0 };

/** The quota script in a Redis of its own, called as ext-authz calls it, without a gateway. */
export interface TakesTarget {
  readonly name: string;
  readonly buckets: number;
  readonly redis: QuotaRedis;
  readonly store: RedisStore;
  stop(): Promise<void>;
}

/** Starts a Redis and connects to it as ext-authz does. */
export async function startTakes(buckets: number, context: RedisContext): Promise<TakesTarget> {
  const name = buckets === 1 ? '1 bucket' : `${buckets} buckets`;
  const redis = await startQuotaRedis(`takes-${buckets}`, context);
  const settings = { redisUrl: redis.url, redisPasswordFile: '', redisCaFile: '', deadlineMs: DEADLINE_MS };
  const connection = connectRedis({ ...settings, denyWithoutRedis: true, processes: 1, gateways: 1 });
  const { client } = connection;
  await new Promise<void>((resolve, reject) => client.once('ready', resolve).once('error', reject));
  return {
    name,
    buckets,
    redis,
    store: new RedisStore(client),
    stop: async () => {
      connection.close();
      await redis.stop();
    },
  };
}

/** Takes from the buckets for some seconds, with `parallel` calls in flight. */
export async function measureTakes(target: TakesTarget, load: { parallel: number; seconds: number }): Promise<Sample> {
  const { redis, store, buckets } = target;
  const asks: BucketAsk[] = Array.from({ length: buckets }, (_, index) => ({
    key: `bucket-${index}`,
    name: `bucket ${index}`,
    limit: { requests: 1, periodMs: 86_400_000, burst: 100_000_000 },
    cost: 1,
  }));
  const latenciesMs: number[] = [];
  const failures: unknown[] = [];
  let denied = 0;
  const before = await debitsOf(redis, buckets);
  const startedMs = performance.now();
  const endMs = startedMs + load.seconds * 1000;
  const client = async () => {
    for (let nowMs = performance.now(); nowMs < endMs && failures.length === 0; ) {
      try {
        const outcome = await store.take({ tenant: 'bench', asks, session: SESSION });
        if (outcome.kind !== 'taken' || !outcome.taken.allowed) denied++;
      } catch (error) {
        failures.push(error);
      }
      const afterMs = performance.now();
      latenciesMs.push(afterMs - nowMs);
      nowMs = afterMs;
    }
  };
  await Promise.all(Array.from({ length: load.parallel }, client));
  const tookMs = performance.now() - startedMs;
  const debited = (await debitsOf(redis, buckets)) - before;
  const sorted = Float64Array.from(latenciesMs).sort();
  const percentile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return {
    requestsPerSecond: latenciesMs.length / (tookMs / 1000),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    problems: [
      failures.length > 0 && `failed: ${failures[0]}`,
      denied > 0 && `${denied} were denied`,
      debited < latenciesMs.length && `${latenciesMs.length - debited} were not debited`,
    ].filter((problem) => problem !== false),
  };
}
