import { join } from 'node:path';
import { drainPod } from '../../envoy/drain.ts';
import type { PodSockets } from '../../pod/probes.ts';
import { createPodServer } from '../../pod/server.ts';
import { createLogger } from '../../runtime/log.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { ENVOY_ADMIN_SOCKET, socketNames, WATCHER_SOCKET } from '../../runtime/state/sockets.ts';
import { type Command, duration, parseOptions, required, wholeNumber } from '../command.ts';
import { listenTcp } from '../listen.ts';

const help = `Usage: mcp-gateway pod --sockets DIR [--workers N] [--port N] [--settle TIME] [--drain TIME]

Serves the probes and metrics of one gateway in a pod, and drains the gateway on SIGTERM. The other roles are sidecars of
this one, so they run until it has ended.

  --sockets DIR      folder of the sockets of Envoy and the roles
  --workers N        number of ext-authz processes (default 1)
  --address IP       address to listen on (default 0.0.0.0)
  --port N           port (default 9090) of GET /readyz, /livez, /livez/<process>, /metrics (ext-authz),
                     /stats/prometheus (Envoy) and /quotas/<tenant> (limits in force and their use)
  --settle TIME      after SIGTERM: how long new connections are still accepted, until load balancers notice (default 5s)
  --drain TIME       after SIGTERM: how long open requests may take before they are cut off (default 30s)
  --log-level LEVEL  trace, debug, info (default), warn, error

SIGTERM: the pod is no longer ready, Envoy finishes open requests, then this process exits with 0.`;

/** `mcp-gateway pod` */
export const pod: Command = {
  summary: 'serve probes of a pod and drain its gateway (a role of the gateway)',
  help,
  run: async (args) => {
    const { values } = parseOptions('pod', args, {
      sockets: { type: 'string' },
      workers: { type: 'string', default: '1' },
      address: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '9090' },
      settle: { type: 'string', default: '5s' },
      drain: { type: 'string', default: '30s' },
      'log-level': { type: 'string', default: 'info' },
    });
    const sockets = podSockets(
      required('pod', 'sockets', values.sockets),
      wholeNumber('pod', 'workers', values.workers, 1, 64),
    );
    const drain = { settleMs: duration('pod', 'settle', values.settle), maxMs: duration('pod', 'drain', values.drain) };
    const log = createLogger({ name: 'pod', level: values['log-level'] });
    const shutdown = untilShutdown();
    const server = createPodServer(sockets);
    await listenTcp(server, wholeNumber('pod', 'port', values.port, 0, 65_535), values.address);
    log.info({ address: server.address() }, 'ready');

    await shutdown;
    log.info(drain, 'draining');
    await drainPod(sockets.admin, drain);
    server.close();
    server.closeAllConnections();
    return 0;
  },
};

function podSockets(folder: string, workers: number): PodSockets {
  const names = socketNames(workers);
  const numbered = (role: string, files: string[]) =>
    new Map(files.map((file, index) => [`${role}-${index}`, join(folder, file)]));
  return {
    admin: join(folder, ENVOY_ADMIN_SOCKET),
    watcher: join(folder, WATCHER_SOCKET),
    metadata: numbered('ext-authz', names.metadata),
    extProc: numbered('ext-proc', names.extProc),
    metrics: numbered('ext-proc', names.metrics),
  };
}
