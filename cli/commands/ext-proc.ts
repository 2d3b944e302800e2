import { basename } from 'node:path';
import { sealingAsBefore } from '../../core/session/keys.ts';
import { addExternalProcessor } from '../../ext-proc/service.ts';
import { SharedTombstones } from '../../ext-proc/tombstones.ts';
import { serveUnix } from '../../runtime/grpc/server.ts';
import { createMetricsServer } from '../../runtime/http/pages.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { createLogger } from '../../runtime/log.ts';
import { PolicyClient } from '../../runtime/policy/client.ts';
import { RepeatedWarnings } from '../../runtime/repeated-warnings.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { watchSessionKeys } from '../../runtime/state/session-keys.ts';
import { openReportedAudit } from '../audit.ts';
import { type Command, parseOptions, required } from '../command.ts';

const DRAIN_MS = 5_000;
/** Every process reads a changed key file at its own time. After this time all of them can open what the new key seals. */
const SEAL_AFTER_MS = 3_000;

const help = `Usage: mcp-gateway ext-proc --socket PATH --watcher PATH --session-keys FILE [--audit FILE]

The response side of the gateway: processes, for Envoy, responses that open or close a session, and lists that policy may cut
(ext_proc v3 over gRPC).

  --socket PATH        Unix socket for Envoy
  --metrics-socket PATH
                       Unix socket for /metrics (default: none)
  --watcher PATH       Unix socket of the watcher, which publishes the policy
  --session-keys FILE  keys, one per line: 32 bytes in base64; the first key seals. Read again when the file changes; a new
                       first key seals 3 s later
  --audit FILE         file for the audit log of opened and ended sessions, one JSON object per line; - (default) is
                       standard output
  --log-level LEVEL    trace, debug, info (default), warn, error

SIGTERM: finishes open responses for at most 5 s, exits with 0. Filtered event streams end with the process.`;

/** `mcp-gateway ext-proc` */
export const extProc: Command = {
  summary: 'seal sessions and filter lists in responses (a role of the gateway)',
  help,
  run,
};

async function run(args: string[]): Promise<number> {
  const { values } = parseOptions('ext-proc', args, {
    socket: { type: 'string' },
    'metrics-socket': { type: 'string' },
    watcher: { type: 'string' },
    'session-keys': { type: 'string' },
    audit: { type: 'string', default: '-' },
    'log-level': { type: 'string', default: 'info' },
  });
  const socket = required('ext-proc', 'socket', values.socket);
  const watcherSocket = required('ext-proc', 'watcher', values.watcher);
  const metricsSocket = values['metrics-socket'];
  const keyFile = required('ext-proc', 'session-keys', values['session-keys']);
  const log = createLogger({ name: 'ext-proc', level: values['log-level'] });

  const audit = openReportedAudit({ file: values.audit, process: basename(socket, '.sock'), watcherSocket, log });
  let newKeySeals: NodeJS.Timeout | undefined;
  const watch = watchSessionKeys(keyFile, log, (changed) => {
    keys = sealingAsBefore(changed, keys);
    clearTimeout(newKeySeals);
    newKeySeals = setTimeout(() => {
      keys = changed;
    }, SEAL_AFTER_MS);
  });
  let { keys } = watch;
  const shutdown = untilShutdown();
  const prepared = Promise.withResolvers<void>();
  const tombstones = new SharedTombstones(log);
  const policy = new PolicyClient({
    socket: watcherSocket,
    subscriber: `ext-proc ${socket}`,
    log,
    endedSessions: false,
    onPolicy: ({ settings }) => {
      tombstones.use(settings.quotas);
      audit.limit(settings.auditLog);
      prepared.resolve();
    },
  });
  // While there is no socket, Envoy asks another process. A process without endpoints could open no session.
  await Promise.race([prepared.promise, shutdown]);
  const server = await serveUnix(socket, (grpc) =>
    addExternalProcessor(grpc, {
      policy: () => policy.current,
      keys: () => keys,
      endSession: (session) => policy.endSession(session),
      leaveTombstone: (...of) => tombstones.leave(...of),
      audit: (record) => audit.write(record),
      log,
      warnings: new RepeatedWarnings(log),
    }),
  );
  const metrics = metricsSocket === undefined ? undefined : createMetricsServer(() => audit.metrics);
  if (metrics !== undefined && metricsSocket !== undefined) await listenUnix(metrics, metricsSocket);
  log.info({ socket }, 'ready');

  await shutdown;
  await server.stop(DRAIN_MS);
  policy.close();
  tombstones.close();
  clearTimeout(newKeySeals);
  watch.close();
  await audit.close();
  metrics?.close();
  metrics?.closeAllConnections();
  return 0;
}
