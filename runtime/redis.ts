import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { messageOf } from '../core/errors.ts';
import type { QuotaStoreSettings } from '../core/policy/policy.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;

/** Where Redis is, as its URL says. */
export interface RedisTarget {
  kind: 'single' | 'unix' | 'sentinel' | 'cluster';
  nodes: { host: string; port: number }[];
  /** Of the Unix socket of a server on the same machine; empty for the others. */
  path: string;
  tls: boolean;
  username: string | undefined;
  password: string | undefined;
  /** Number of the database of a single server, name of the master for sentinels. */
  name: string;
}

/** Reads a URL that the schema of gateway.yaml let pass. IPv6 addresses stand in brackets. */
export function parseRedisUrl(text: string): RedisTarget {
  const local = /^redis\+unix:\/\/(?:([^@/]*)@)?(\/[^?]+)(?:\?db=(\d+))?$/.exec(text);
  if (local !== null) {
    const [, login, path = '', name = ''] = local;
    return { kind: 'unix', nodes: [], path: decodeURIComponent(path), tls: false, ...loginOf(login), name };
  }
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/]+)(?:\/(.*))?$/.exec(text);
  if (match === null) throw new Error('not a URL of Redis');
  const [, scheme, kind, login, hosts = '', name = ''] = match;
  const defaultPort = kind === 'sentinel' ? 26_379 : 6_379;
  return {
    kind: kind === 'sentinel' || kind === 'cluster' ? kind : 'single',
    nodes: hosts.split(',').map((host) => {
      const [, address = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(host) ?? [];
      return { host: address.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
    }),
    path: '',
    tls: scheme === 'rediss',
    ...loginOf(login),
    name,
  };
}

function loginOf(text = ''): Pick<RedisTarget, 'username' | 'password'> {
  const [username = '', password = ''] = text.split(':').map(decodeURIComponent);
  return { username: username === '' ? undefined : username, password: password === '' ? undefined : password };
}

/** A connection that is made anew whenever it is lost. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Whether commands can be sent. Else they may wait without end. */
  readonly ready: boolean;
  /** What is wrong with it, in the words of the system or the server; undefined once it is ready. */
  readonly problem: string | undefined;
  /** Whether a command failed only since the one connection was lost, which may be back in no time. */
  lostWith(error: unknown): boolean;
  /** Called each time it becomes ready, or is lost. */
  onChange(listener: (ready: boolean) => void): void;
  close(): void;
}

/**
 * Connects to Redis, and again whenever the connection is lost. Commands fail at once while there is none, and after the
 * deadline; they are never repeated, since a debit must not be made twice. The file with the password is read for each connection.
 * @throws when a file cannot be read at the beginning
 */
export function connectRedis(settings: QuotaStoreSettings): RedisConnection {
  const target = parseRedisUrl(settings.redisUrl);
  const common = commonOptions(target, settings);
  const client = target.kind === 'cluster' ? connectCluster(target, common) : new Redis(singleOptions(target, common));
  let problem: string | undefined;
  client.on('error', (error: unknown) => {
    problem = reasonOf(error);
  });
  client.on('ready', () => {
    problem = undefined;
  });
  // A password that was changed meanwhile: each attempt takes the one of the file.
  client.on('close', () => {
    const options = client instanceof Cluster ? client.options.redisOptions : client.options;
    if (options !== undefined) Object.assign(options, passwordOf(target, settings, options.password ?? undefined));
  });
  return {
    client,
    get ready() {
      return client.status === 'ready';
    },
    get problem() {
      return problem;
    },
    lostWith: (error) =>
      client instanceof Redis && (client.status !== 'ready' || /^Stream isn't writeable/.test(messageOf(error))),
    onChange: (listener) => {
      client.on('ready', () => listener(true));
      client.on('close', () => listener(false));
    },
    close: () => client.disconnect(),
  };
}

// A cluster tells only that it found no node; why is in the error of the last one.
function reasonOf(error: unknown): string {
  const last = error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined;
  return messageOf(last ?? error);
}

type CommonOptions = ReturnType<typeof commonOptions>;

function passwordOf(
  { password }: RedisTarget,
  { redisPasswordFile }: QuotaStoreSettings,
  before?: string,
): { password?: string } {
  if (redisPasswordFile === '') return password === undefined ? {} : { password };
  try {
    return { password: readFileSync(redisPasswordFile, 'utf8').trim() };
  } catch (error) {
    if (before === undefined) throw error;
    return { password: before };
  }
}

function commonOptions(target: RedisTarget, settings: QuotaStoreSettings) {
  const { redisCaFile, deadlineMs } = settings;
  const { tls, username } = target;
  const ca = redisCaFile === '' ? {} : { ca: readFileSync(redisCaFile, 'utf8') };
  return {
    commandTimeout: deadlineMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Also a connection whose other end is gone without a word.
    socketTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // A connection that the server closed because it was idle is back at once.
    retryStrategy: (times: number) => Math.min((times - 1) * 100, RETRY_MS),
    // The master became a replica: behind the name, or in the view of the sentinels, there may be another master by now.
    reconnectOnError: ({ message }: Error) => message.includes('READONLY'),
    ...(username === undefined ? {} : { username }),
    ...passwordOf(target, settings),
    ...(tls ? { tls: ca } : {}),
  };
}

function singleOptions({ kind, nodes, path, name, tls }: RedisTarget, common: CommonOptions) {
  if (kind === 'sentinel') {
    return { ...common, sentinels: nodes, name, sentinelRetryStrategy: () => RETRY_MS, enableTLSForSentinelMode: tls };
  }
  const [node] = nodes;
  return { ...common, ...(kind === 'unix' ? { path } : node), db: name === '' ? 0 : Number(name) };
}

// No automatic pipelines: they group commands by their first argument, which for a script is the number of its keys, and so send
// keys of several nodes to one of them. Commands are pipelined anyway, since none waits for the answer to another.
function connectCluster({ nodes }: RedisTarget, redisOptions: CommonOptions): Cluster {
  return new Cluster(nodes, {
    redisOptions,
    // For a node that is only being connected to. While no node is known, RedisConnection.ready is false, and nothing may be sent.
    enableOfflineQueue: true,
    clusterRetryStrategy: () => RETRY_MS,
    // One more try after a slot has moved: nothing was done where it is no longer.
    maxRedirections: 2,
    retryDelayOnClusterDown: 0,
    retryDelayOnFailover: 0,
  });
}
