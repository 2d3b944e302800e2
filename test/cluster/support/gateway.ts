// A gateway in a cluster, as in its pod: bootstrap, watcher, ext-authz, ext-proc and Envoy as processes on this machine.
//
//   const gateway = await startClusterGateway({ kubeconfig, namespace, tenants: { namespace, configMap: 'tenants' } });
//   await openSession(gateway.backendUrl('github'), { token: await gateway.token() });
//   await gateway.stop();

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findEnvoy } from '../../../envoy/binary/find.ts';
import type { GetStatusResponse__Output } from '../../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { cacheDir } from '../../../runtime/paths.ts';
import { askStatus } from '../../../runtime/policy/status.ts';
import { type Child, startChild } from '../../../runtime/processes/child.ts';
import { freePort } from '../../../runtime/processes/ports.ts';
import { machineSeconds, startIssuer } from '../../ext-authz/local-issuer.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { type Document, type LogLine, PROJECT } from '../../support/gateway.ts';

const PROGRAM = join(PROJECT, 'cli', 'bin.js');
const STOP_MS = 10_000;
const READY_LIMIT_MS = 60_000;

/** Options of a gateway. */
export interface ClusterGatewayOptions {
  /** Kubeconfig of the watcher. */
  kubeconfig: string;
  /** Namespace of the MCPBackends. */
  namespace: string;
  /** The ConfigMap with the tenants. */
  tenants: { namespace: string; configMap: string };
  /** Further keys of gateway.yaml. */
  settings?: Document;
  /** Number of ext-authz processes. Default 1. */
  workers?: number;
  /** Whether to wait until it answers requests. Default true. */
  untilReady?: boolean;
  /** Whether URLs may have loopback addresses, as the servers of tests do. Default true. */
  allowLocalUrls?: boolean;
}

/** The roles of a gateway, which can be stopped and restarted. */
export type Role = 'watcher' | 'envoy' | `ext-authz-${number}` | `ext-proc-${number}`;

/** A gateway whose watcher reads a cluster. */
export interface ClusterGateway {
  /** Public URL, `http://127.0.0.1:PORT`. */
  url: string;
  /** URL of the OpenID provider that issues its tokens. */
  issuer: string;
  /** All log lines of its roles so far. */
  log: readonly LogLine[];
  /** Socket of Envoy's admin interface. */
  adminSocket: string;
  backendUrl(name: string): string;
  /** An access token; default: subject `alice`, tenant `engineering`, for an hour. */
  token(claims?: Record<string, unknown>): Promise<string>;
  status(): Promise<GetStatusResponse__Output>;
  /** Process id of a role. */
  pid(role: Role): number;
  /** Stops a role as Kubernetes does, or kills it. */
  end(role: Role, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts a stopped role, optionally with other credentials. */
  start(role: Role, kubeconfig?: string): Promise<void>;
  stop(): Promise<void>;
}

/** The tenant `engineering`, matched by the claim `tenant`, with all backends. */
export const TENANTS: Document = {
  tenants: [{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }], backends: ['*'] }],
};

/** Starts a gateway on a free port. */
export async function startClusterGateway(options: ClusterGatewayOptions): Promise<ClusterGateway> {
  const { namespace, tenants, settings = {}, workers = 1, untilReady = true } = options;
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const run = join(folder, 'run');
  mkdirSync(run, { mode: 0o700 });
  const issuer = await startIssuer({ nowSeconds: machineSeconds });
  const port = await freePort('127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'gateway.yaml');
  const document = { issuer: { url: issuer.url }, listen: { port }, kubernetes: { namespace, tenants }, ...settings };
  writeFileSync(`${config}.new`, stringify(document));
  renameSync(`${config}.new`, config);
  const keys = join(folder, 'session-keys');
  writeFileSync(keys, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const envoy = await findEnvoy({
    environment: { ENVOY_PATH: process.env.ENVOY_PATH, PATH: process.env.PATH },
    cacheDir: cacheDir(process.env),
    progress: (line) => console.log(`      ${line}`),
  });

  const log: LogLine[] = [];
  const children = new Map<Role, Child>();
  const argsOf = (role: Role, kubeconfig: string): string[] => {
    if (role === 'envoy') return ['-c', 'envoy.yaml', '--disable-hot-restart', '--concurrency', '2', '-l', 'warn'];
    const index = role.slice(role.lastIndexOf('-') + 1);
    const common = ['--watcher', 'watcher.sock', '--session-keys', keys, '--audit', join(folder, 'audit.log')];
    if (role.startsWith('ext-authz')) {
      return ['ext-authz', '--socket', `${role}.sock`, '--http-socket', `ext-authz-${index}-http.sock`, ...common];
    }
    if (role.startsWith('ext-proc')) return ['ext-proc', '--socket', `${role}.sock`, ...common];
    return [
      ...[
        'watcher',
        '--config',
        config,
        '--socket',
        'watcher.sock',
        '--ended-sessions',
        join(folder, 'ended-sessions'),
      ],
      ...['--envoy-admin', 'admin.sock', '--listen-url', url, '--workers', String(workers), '--kubeconfig', kubeconfig],
      ...(options.allowLocalUrls === false ? [] : ['--allow-local-urls']),
    ];
  };
  const start = async (role: Role, kubeconfig = options.kubeconfig) => {
    const program = role === 'envoy' ? [envoy.path] : [process.execPath, PROGRAM];
    const child = await startChild({
      name: role,
      command: [...program, ...argsOf(role, kubeconfig)],
      cwd: run,
      env: process.env,
      onLine: (_, line) => log.push(lineOf(role, line)),
    });
    children.set(role, child);
  };
  const end = async (role: Role, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    await children.get(role)?.stop(signal === 'SIGTERM' ? STOP_MS : 0);
    children.delete(role);
  };
  const services: Role[] = [
    'watcher',
    ...Array.from({ length: workers }, (_, index): Role => `ext-authz-${index}`),
    'ext-proc-0',
    'ext-proc-1',
  ];
  const stop = async () => {
    await end('envoy');
    await Promise.all(services.map((role) => end(role)));
    await issuer.close();
    rmSync(folder, { recursive: true, force: true });
  };

  const gateway: ClusterGateway = {
    url,
    issuer: issuer.url,
    log,
    adminSocket: join(run, 'admin.sock'),
    backendUrl: (name) => `${url}/${name}/mcp`,
    token: (claims = {}) => issuer.sign({ aud: url, tenant: 'engineering', ...claims }),
    status: () => askStatus(join(run, 'watcher.sock')),
    pid: (role) => children.get(role)?.pid ?? 0,
    end,
    start,
    stop,
  };
  try {
    const bootstrap = await startChild({
      name: 'bootstrap',
      command: [
        ...[process.execPath, PROGRAM, 'bootstrap', '--config', config, '--sockets', '.'],
        ...['--workers', String(workers), '--out', 'envoy.yaml'],
      ],
      cwd: run,
      env: process.env,
      onLine: (_, line) => log.push(lineOf('bootstrap', line)),
    });
    const { code } = await bootstrap.exited;
    if (code !== 0) throw new Error(`bootstrap ended with ${code}`);
    for (const role of [...services, 'envoy' as const]) await start(role);
    if (untilReady) await untilServing(url);
  } catch (error) {
    await stop();
    const lines = log.slice(-30).map(({ name, msg, ...rest }) => `${name}: ${msg} ${JSON.stringify(rest)}`);
    throw new Error([String(error), ...lines].join('\n'));
  }
  return gateway;
}

/** Waits until a gateway answers 401 to a request without a token. */
export async function untilServing(url: string): Promise<void> {
  const ask = async () => (await fetch(`${url}/any/mcp`, { method: 'POST', body: '{}' })).status;
  await eventually(ask, (status) => status === 401, READY_LIMIT_MS);
}

function lineOf(name: string, line: string): LogLine {
  try {
    return { ...JSON.parse(line), name };
  } catch {
    return { level: 30, name, msg: line };
  }
}
