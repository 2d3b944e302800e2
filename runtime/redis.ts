import { Cluster, Redis } from 'ioredis';
import { messageOf } from '../core/errors.ts';
import type { QuotaStoreSettings } from '../core/policy/policy.ts';
import { readTextFileSync } from './files/read-sync.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;

/** A parsed Redis URL. */
export interface RedisTarget {
  kind: 'single' | 'unix' | 'sentinel' | 'cluster';
  nodes: { host: string; port: number }[];
  /** Path of the Unix socket; empty for the other kinds. */
  path: string;
  tls: boolean;
  username: string | undefined;
  password: string | undefined;
  /** Database number for a single server; name of the master for sentinels. */
  name: string;
}

/** Parses a URL that the schema of gateway.yaml has accepted. IPv6 addresses are in brackets. */
export function parseRedisUrl(text: string): RedisTarget {
  const local = /^redis\+unix:\/\/(?:([^@/]*)@)?(\/[^?]+)(?:\?db=(\d+))?$/.exec(text);
  if (local !== null) {
    const [, login, path = '', name = ''] = local;
    return { kind: 'unix', nodes: [], path: decodeURIComponent(path), tls: false, ...loginOf(login), name };
  }
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/]+)(?:\/(.*))?$/.exec(text);
  if (match === null) throw new Error('not a Redis URL');
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

/** A connection to Redis that reconnects whenever it is lost. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Whether commands can be sent. While it is false, a command may wait forever. */
  readonly ready: boolean;
  /** The last error message of the system or the server; undefined once the connection is ready. */
  readonly problem: string | undefined;
  /** Whether a command failed only because its connection was lost, which may be back within milliseconds. */
  lostWith(error: unknown): boolean;
  /** Calls the listener each time the connection becomes ready or is lost. */
  onChange(listener: (ready: boolean) => void): void;
  close(): void;
}

/**
 * Connects to Redis and reconnects whenever the connection is lost. Commands fail immediately without a connection, and after
 * the deadline. They are never repeated, because a debit must not happen twice. The password file is read for each connection.
 *
 * @throws if a file cannot be read at the first connection, or the URL contains a malformed percent escape
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
  // The password may have changed: each attempt uses the current content of the file.
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

// The error of a cluster only says that no node was found. The reason is in the error of the last node.
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
    return { password: readTextFileSync(redisPasswordFile).trim() };
  } catch (error) {
    if (before === undefined) throw error;
    return { password: before };
  }
}

function commonOptions(target: RedisTarget, settings: QuotaStoreSettings) {
  const { redisCaFile, deadlineMs } = settings;
  const { tls, username } = target;
  const ca = redisCaFile === '' ? {} : { ca: readTextFileSync(redisCaFile) };
  return {
    commandTimeout: deadlineMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Detects a peer that disappeared without closing the connection.
    socketTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // The first attempt has no delay: the server may only have closed an idle connection.
    retryStrategy: (times: number) => Math.min((times - 1) * 100, RETRY_MS),
    // READONLY: this node is now a replica. Reconnecting reaches the new master, by host name or through the sentinels.
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

// Automatic pipelines stay off: they group commands by their first argument, which for a script is the number of its keys, and
// would send keys of several nodes to one node. Commands are pipelined anyway, because none waits for the reply to another.
function connectCluster({ nodes }: RedisTarget, redisOptions: CommonOptions): Cluster {
  return new Cluster(nodes, {
    redisOptions,
    // For commands to a node that is still connecting. While no node is known, RedisConnection.ready is false and nothing is sent.
    enableOfflineQueue: true,
    clusterRetryStrategy: () => RETRY_MS,
    // One retry after a slot has moved: the former node has not executed the command.
    maxRedirections: 2,
    retryDelayOnClusterDown: 0,
    retryDelayOnFailover: 0,
  });
}
