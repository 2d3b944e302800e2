import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { type Logger, renamed } from '../runtime/log.ts';
import { describeExit } from '../runtime/processes/child.ts';
import { type Supervised, superviseChild } from '../runtime/processes/supervisor.ts';
import type { StateFolder } from '../runtime/state/folder.ts';
import { ADMIN_TOOLS_SOCKET, ENVOY_ADMIN_SOCKET, socketNames, WATCHER_SOCKET } from '../runtime/state/sockets.ts';
import { forwardLine } from './output.ts';

/** Requests leave only short-lived objects behind, and a larger young generation is collected less often. */
const NODE_OPTIONS = ['--max-semi-space-size=32'];

/** Settings of the roles of one gateway. */
export interface RolesOptions {
  /** Path of `mcp-gateway`, whose commands the roles are. */
  program: string;
  folder: StateFolder;
  configFile: string;
  /** File of the session keys. */
  sessionKeys: string;
  /** Path of the Envoy binary. */
  envoy: string;
  /** File of the rendered Envoy configuration. */
  bootstrapFile: string;
  /** Number of ext-authz processes. */
  workers: number;
  listenUrl: string;
  /** File from which Envoy reads the listener's certificate; undefined without TLS. */
  listenerSecret: string | undefined;
  /** File of the audit log. */
  auditFile: string;
  developmentIssuer: string | undefined;
  /** Whether the admin tools are served. */
  adminTools: boolean;
  /** Log level of the roles. */
  logLevel: string;
  log: Logger;
}

/** The running roles. Each is restarted when it ends. */
export interface Roles {
  services: Supervised[];
  envoy: Supervised;
}

/** Starts every role as a supervised child. */
export function startRoles(options: RolesOptions): Roles {
  const { program, folder, configFile, sessionKeys, envoy, bootstrapFile, workers } = options;
  const { listenUrl, listenerSecret, auditFile, developmentIssuer, adminTools, logLevel } = options;
  const sockets = socketNames(workers);
  const startNode = (name: string, ...args: string[]) => {
    const command = [process.execPath, ...NODE_OPTIONS, program, ...args, '--log-level', logLevel];
    return startRole(name, command, options);
  };
  const common = ['--watcher', WATCHER_SOCKET, '--session-keys', sessionKeys];
  const watcher = ['watcher', '--config', configFile, '--socket', WATCHER_SOCKET, '--endpoints', folder.endpoints];
  watcher.push('--ended-sessions', folder.endedSessions, '--envoy-admin', ENVOY_ADMIN_SOCKET);
  watcher.push('--listen-url', listenUrl, '--workers', String(workers));
  if (developmentIssuer !== undefined) watcher.push('--development-issuer', developmentIssuer);
  if (listenerSecret !== undefined) watcher.push('--listener-secret', listenerSecret);
  const admin = ['admin', '--socket', ADMIN_TOOLS_SOCKET, '--secret-file', folder.adminToolsSecret];
  admin.push('--registry', dirname(configFile), '--state-dir', folder.root);
  if (adminTools)
    watcher.push('--admin-tools', `unix:${ADMIN_TOOLS_SOCKET}`, '--admin-tools-secret', folder.adminToolsSecret);
  const services = [
    ...(adminTools ? [startNode('admin', ...admin)] : []),
    startNode('watcher', ...watcher),
    ...sockets.extAuthz.map((socket, index) => {
      const http = sockets.metadata[index] ?? '';
      const own = ['--socket', socket, '--http-socket', http, '--audit', auditFile];
      return startNode(`ext-authz-${index}`, 'ext-authz', ...own, ...common);
    }),
    ...sockets.extProc.map((socket, index) =>
      startNode(
        `ext-proc-${index}`,
        'ext-proc',
        ...['--socket', socket, '--metrics-socket', sockets.metrics[index] ?? '', '--audit', auditFile],
        ...common,
      ),
    ),
  ];
  const envoyOptions = ['--disable-hot-restart', '--concurrency', String(availableParallelism())];
  envoyOptions.push('--log-level', 'warn', '--log-format', '[%l] %v');
  return { services, envoy: startRole('envoy', [envoy, '-c', bootstrapFile, ...envoyOptions], options) };
}

function startRole(name: string, command: string[], { folder, log }: RolesOptions): Supervised {
  const roleLog = renamed(log, name);
  return superviseChild(
    () => ({
      name,
      command,
      cwd: folder.run,
      ipc: name !== 'envoy',
      onLine: (_stream, line) => forwardLine(roleLog, line),
    }),
    {
      recordFile: folder.children,
      backoff: { initialMs: 100, maxMs: 5_000 },
      onState: ({ state, lastExit, nextStartAt }) => {
        if (state !== 'backing-off' || lastExit === undefined) return;
        const waitMs = Math.max(0, (nextStartAt ?? 0) - Date.now());
        roleLog.error(`ended (${describeExit(lastExit)}); next start in ${(waitMs / 1000).toFixed(1)} s`);
      },
    },
  );
}
