import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChainContext } from '../chains/chain.ts';
import { installGoProgram } from './go.ts';
import { untilReady } from './ready.ts';

const PACKAGE = 'github.com/envoyproxy/ratelimit/src/service_cmd';

/** The module has no tagged releases. */
export const RATE_LIMIT_VERSION = 'v1.4.1-0.20260122083618-3fb702589d36';

/** More than any run can use up, so that no request is denied and every one is counted. */
const REQUESTS_PER_HOUR = 4_000_000_000;

/** The highest number of connections that is measured by default. With the service's default of 10, calls wait for each other. */
const REDIS_POOL_SIZE = 64;

/** The Go rate limit service, ready on a Unix socket. */
export interface RunningRateLimit {
  readonly socketPath: string;
  stop(): Promise<void>;
}

/** Builds the service if the cache does not have it, and starts it on this Redis with a limit for each descriptor. */
export async function startRateLimit(
  name: string,
  redisSocketPath: string,
  descriptors: Readonly<Record<string, string>>,
  context: ChainContext,
): Promise<RunningRateLimit> {
  const { children, cacheDir, runDir, log } = context;
  log.info('preparing the Go rate limit service; building it takes a minute the first time');
  const binary = await installGoProgram(children, PACKAGE, RATE_LIMIT_VERSION, cacheDir);
  const runtimeRoot = join(runDir, `${name}-ratelimit`);
  await mkdir(join(runtimeRoot, 'config'), { recursive: true });
  await writeFile(join(runtimeRoot, 'config', 'mcp.yaml'), rateLimitConfig(descriptors));
  const socketPath = join(runDir, `${name}-ratelimit.sock`);
  const child = await children.start({
    name: 'ratelimit',
    command: binary,
    args: [],
    env: {
      GRPC_UDS: socketPath,
      HOST: '127.0.0.1',
      PORT: '0',
      DEBUG_HOST: '127.0.0.1',
      DEBUG_PORT: '0',
      RUNTIME_ROOT: runtimeRoot,
      RUNTIME_SUBDIRECTORY: '',
      RUNTIME_WATCH_ROOT: 'false',
      REDIS_SOCKET_TYPE: 'unix',
      REDIS_URL: redisSocketPath,
      REDIS_POOL_SIZE: String(REDIS_POOL_SIZE),
      DISABLE_STATS: 'true',
      LOG_LEVEL: 'warn',
    },
  });
  await untilReady(child, async () => ((await stat(socketPath)).isSocket() ? true : undefined));
  return { socketPath, stop: () => child.stop() };
}

function rateLimitConfig(descriptors: Readonly<Record<string, string>>): string {
  const limit = `{unit: hour, requests_per_unit: ${REQUESTS_PER_HOUR}}`;
  const entries = Object.entries(descriptors).map(
    ([key, value]) => `- {key: ${key}, value: ${value}, rate_limit: ${limit}}`,
  );
  return ['domain: mcp', 'descriptors:', ...entries, ''].join('\n');
}
