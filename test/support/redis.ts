import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { cacheDir } from '../../runtime/paths.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { findRedis } from './redis-binary.ts';

/** What a server is started with. */
export interface RedisOptions {
  /** Default: a free one. */
  port?: number;
  /** More arguments of `redis-server`. */
  args?: string[];
  /** The password that its own client uses; give `--requirepass` among the arguments. */
  password?: string;
}

/** A real Redis, without persistence. */
export interface TestRedis {
  readonly port: number;
  /** `redis://127.0.0.1:PORT`. */
  readonly url: string;
  /** A client for the test itself. */
  readonly client: Redis;
  /** Stops it from running, as a machine does that hangs. */
  pause(): void;
  resume(): void;
  /** Ends it, so that it forgets everything; its port stays free. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

let binary: Promise<string> | undefined;

/** The first one may have to be downloaded. */
export const REDIS_START_MS = 120_000;

/** Path of `redis-server`. */
export function redisProgram(): Promise<string> {
  binary ??= findRedis({
    searchPath: process.env.PATH,
    cacheDir: cacheDir(process.env),
    progress: (line) => console.log(line),
  }).then(({ path }) => path);
  return binary;
}

/** Starts a Redis server and waits until it answers. */
export async function startRedis({ port, args = [], password }: RedisOptions = {}): Promise<TestRedis> {
  const path = await redisProgram();
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-redis-'));
  const own = port ?? (await freePort());
  const basic = ['--bind', '127.0.0.1', '--port', String(own), '--save', '', '--appendonly', 'no', '--dir', folder];
  const start = () => spawn(path, [...basic, ...args], { stdio: 'ignore' });
  let child: ChildProcess = start();
  const client = new Redis({
    port: own,
    retryStrategy: () => 20,
    maxRetriesPerRequest: 0,
    ...(password === undefined ? {} : { password }),
  });
  client.on('error', () => undefined); // Every command rejects by itself; ioredis wants a listener.
  const answers = () => eventually(() => client.ping(), Boolean);
  const end = async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
  };
  await answers();
  return {
    port: own,
    url: `redis://127.0.0.1:${own}`,
    client,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: end,
    restart: async () => {
      await end();
      child = start();
      await answers();
    },
    stop: async () => {
      client.disconnect();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port below 32768 that nothing uses: no connection picks it by itself, and 10000 more is a port too, for the bus of a cluster. */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!free) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}

/** How often the server was asked for one of these commands since it started. */
export async function commandCalls(client: Redis, ...commands: string[]): Promise<number> {
  const text = await client.info('commandstats');
  return commands.reduce((sum, command) => {
    const calls = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(text)?.[1];
    return sum + Number(calls ?? 0);
  }, 0);
}
