import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from '../../test/support/redis-binary.ts';
import type { ChainContext } from '../chains/chain.ts';
import { untilReady } from './ready.ts';

/** What {@link startQuotaRedis} needs. */
export type RedisContext = Pick<ChainContext, 'cacheDir' | 'runDir' | 'children' | 'log'>;

/** A Redis for one chain, without persistence, on a Unix socket. */
export interface QuotaRedis {
  readonly socketPath: string;
  /** `redis+unix://PATH`. */
  readonly url: string;
  /** The values of all keys. */
  values(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts a Redis that nothing else uses. */
export async function startQuotaRedis(name: string, context: RedisContext): Promise<QuotaRedis> {
  const { children, cacheDir, runDir, log } = context;
  const socketPath = join(runDir, `${name}-redis.sock`);
  const { path } = await findRedis({ searchPath: process.env.PATH, cacheDir, progress: (line) => log.info(line) });
  const child = await children.start({
    name: `redis-server (${name})`,
    command: path,
    args: [...['--port', '0', '--unixsocket', socketPath], ...['--save', '', '--appendonly', 'no', '--dir', runDir]],
  });
  const client = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: null });
  client.on('error', () => {}); // Commands reject on their own; without a listener ioredis prints the error.
  await untilReady(child, async () => {
    if (client.status !== 'ready') await client.connect();
    return client.ping();
  });
  return {
    socketPath,
    url: `redis+unix://${socketPath}`,
    values: async () => {
      const keys = await client.keys('*');
      const values = keys.length === 0 ? [] : await client.mget(keys);
      return values.filter((value) => value !== null);
    },
    stop: async () => {
      client.disconnect();
      await child.stop();
    },
  };
}

/** The lowest number of requests debited from any of the gateway's token buckets; 0 if there are not `buckets` of them. */
export async function debitsOf(redis: QuotaRedis, buckets: number): Promise<number> {
  const levels = (await redis.values()).flatMap((value) => {
    const [, level, periodMs] = /^(\d+):(\d+):/.exec(value) ?? [];
    // The limits of the benchmark refill one request per day, so less than one has been refilled since.
    return level === undefined ? [] : [Math.ceil(Number(level) / Number(periodMs))];
  });
  return levels.length === buckets ? Math.min(...levels) : 0;
}
