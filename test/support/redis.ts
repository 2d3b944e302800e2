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

/** Settings of {@link startRedis}. */
export interface RedisOptions {
  /** Default: a free one. */
  port?: number;
  /** Additional arguments of `redis-server`. */
  args?: string[];
  /** The password of `client`; the arguments must set it with `--requirepass`. */
  password?: string;
}

/** A real Redis, without persistence. */
export interface TestRedis {
  readonly port: number;
  /** `redis://127.0.0.1:PORT`. */
  readonly url: string;
  /** A client for the test itself. */
  readonly client: Redis;
  /** Suspends the process, as if its machine hung. */
  pause(): void;
  resume(): void;
  /** Kills it, so that it loses all data; its port stays free. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const LOWEST_PORT = 10_000;
const BUS_OFFSET = 10_000;
/** The lowest port that Linux assigns to outgoing connections. */
const EPHEMERAL_PORT = 32_768;

let binary: Promise<string> | undefined;

/** For hooks that start one; the first time it may have to be downloaded. */
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
  client.on('error', () => undefined); // Commands reject on their own; without a listener ioredis prints the error.
  // Not another server that took the port first.
  const isChild = (info: string) => info.includes(`process_id:${child.pid}\r`);
  const answers = () => eventually(() => client.info('server'), isChild);
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

/**
 * A free port from 10000 to 22767. Ports from 32768 on are taken for outgoing connections, and a node of a Redis Cluster also listens on
 * the port that is 10000 higher.
 */
export async function freePort(): Promise<number> {
  const port = LOWEST_PORT + Math.floor(Math.random() * (EPHEMERAL_PORT - BUS_OFFSET - LOWEST_PORT));
  return (await isFree(port)) && (await isFree(port + BUS_OFFSET)) ? port : freePort();
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!free) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** How many times these commands were called since the server started. */
export async function commandCalls(client: Redis, ...commands: string[]): Promise<number> {
  const text = await client.info('commandstats');
  return commands.reduce((sum, command) => {
    const calls = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(text)?.[1];
    return sum + Number(calls ?? 0);
  }, 0);
}
