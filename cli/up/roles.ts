import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../runtime/log.ts';
import { describeExit } from '../../runtime/processes/child.ts';
import { type Supervised, superviseChild } from '../../runtime/processes/supervisor.ts';
import type { StateFolder } from '../state-folder.ts';
import { forwardLine } from './output.ts';

const PROGRAM = fileURLToPath(new URL('../bin.js', import.meta.url));

/** How many ext-proc processes run: the second one serves while the first one restarts. */
const EXT_PROC_PROCESSES = 2;

/** What the roles of one gateway are started with. */
export interface RolesOptions {
  folder: StateFolder;
  configFile: string;
  sessionKeys: string;
  envoy: string;
  /** Rendered Envoy configuration. */
  bootstrapFile: string;
  /** Number of ext-authz processes. */
  workers: number;
  listenUrl: string;
  developmentIssuer: string | undefined;
  log: Logger;
}

/** Sockets of the services, relative to the run folder. */
export function socketNames(workers: number): { extAuthz: string[]; metadata: string[]; extProc: string[] } {
  const numbered = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index));
  return {
    extAuthz: numbered(workers, (index) => `ext-authz-${index}.sock`),
    metadata: numbered(workers, (index) => `ext-authz-${index}-http.sock`),
    extProc: numbered(EXT_PROC_PROCESSES, (index) => `ext-proc-${index}.sock`),
  };
}

/** Starts every role as a supervised child: Envoy last in the list, first to be stopped. */
export function startRoles(options: RolesOptions): Supervised[] {
  const { folder, configFile, sessionKeys, envoy, bootstrapFile, workers, listenUrl, developmentIssuer } = options;
  const sockets = socketNames(workers);
  const node = (...args: string[]) => [process.execPath, PROGRAM, ...args];
  const watcher = node('watcher', '--config', configFile, '--socket', 'watcher.sock', '--endpoints', folder.endpoints);
  watcher.push('--ended-sessions', folder.endedSessions, '--envoy-admin', 'admin.sock', '--listen-url', listenUrl);
  if (developmentIssuer !== undefined) watcher.push('--development-issuer', developmentIssuer);
  const common = ['--watcher', 'watcher.sock', '--session-keys', sessionKeys];
  return [
    startRole('watcher', watcher, options),
    ...sockets.extAuthz.map((socket, index) =>
      startRole(
        `ext-authz-${index}`,
        node('ext-authz', '--socket', socket, '--http-socket', sockets.metadata[index] ?? '', ...common),
        options,
      ),
    ),
    ...sockets.extProc.map((socket, index) =>
      startRole(`ext-proc-${index}`, node('ext-proc', '--socket', socket, ...common), options),
    ),
    startRole(
      'envoy',
      [
        envoy,
        '-c',
        bootstrapFile,
        '--disable-hot-restart',
        '--concurrency',
        String(availableParallelism()),
        '--log-level',
        'warn',
        '--log-format',
        '[%l] %v',
      ],
      options,
    ),
  ];
}

function startRole(name: string, command: string[], { folder, log }: RolesOptions): Supervised {
  const roleLog = log.child({ name });
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
