import { dirname, resolve } from 'node:path';
import { formatProblem } from '../../core/config/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import { type Fleet, nextDeadlineMs, planFleet } from '../../core/registry/fleet.ts';
import type { GetStatusResponse } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { serveUnix } from '../../runtime/grpc/server.ts';
import type { Logger } from '../../runtime/log.ts';
import { DiscoveryServer } from '../ads/server.ts';
import { ListenerCertificate } from '../tls/listener-certificate.ts';
import { Documents } from './documents.ts';
import { EndedSessions } from './ended-sessions.ts';
import { HealthMonitor } from './health-monitor.ts';
import { PolicyHub } from './policy-hub.ts';
import { ProcessEndpoints } from './process-endpoints.ts';
import { Publisher } from './publisher.ts';
import { SecretFiles } from './secret-files.ts';
import { type RunningFacts, toSettings } from './settings.ts';
import { SlotKeeper } from './slot-keeper.ts';
import { type BackendStatus, toStatus } from './status.ts';
import { UrlEndpoints } from './url-endpoints.ts';

const STOP_GRACE_MS = 1_000;
/** A watcher that starts waits for names and processes at most this long before it publishes what it knows. */
const FIRST_LOOK_MS = 3_000;

/** What a watcher is started with. All paths are files, folders or Unix sockets. */
export interface WatcherOptions {
  /** Socket that Envoy and the services connect to. */
  socket: string;
  /** The gateway's configuration; it names the folder of the backends and the tenants document. */
  configFile: string;
  /** Folder in which the endpoints of `command` backends are published. */
  endpointsFolder: string;
  /** File that remembers ended sessions. */
  endedSessionsFile: string;
  /** Socket of Envoy's admin interface. */
  adminSocket: string;
  /** File of the certificates that https backends are verified with by default. */
  systemCaFile: string;
  /** File that Envoy reads the listener's certificate from; undefined where it listens without TLS. */
  listenerSecretFile: string | undefined;
  facts: RunningFacts;
  log: Logger;
}

/** Runs the watcher: registry in, clusters, endpoints and policy out. Returns how to stop it. */
export async function startWatcher(options: WatcherOptions): Promise<{ stop(): Promise<void> }> {
  const { log, facts } = options;
  let fleet: Fleet = new Map();
  let drainTimer: NodeJS.Timeout | undefined;
  let described = '';
  let firstLook = true;

  const update = () => {
    const { config, tenants, catalog } = documents;
    if (config?.listen.tls !== undefined) certificate?.watch(config.listen.tls);
    if (config === undefined || tenants === undefined || catalog === undefined) return;
    if (firstLook) secrets.keepOnly(catalog.backends.values());
    // What a watcher before this one knew is in force until then: half of it would end the sessions of the other half.
    if (firstLook && [...catalog.backends.values()].filter((backend) => !isKnown(backend)).length > 0) return;
    firstLook = false;
    fleet = planFleet(fleet, catalog.backends, endpointsOf, Date.now());
    const backends = [...fleet.values()].map(({ backend }) => backend);
    urls.keepOnly(backends);
    secrets.keepOnly(backends);
    // It says when it is done; a backend that serves is not taken away for that moment.
    if (backends.some((backend) => secrets.isReading(backend))) return;
    clearTimeout(drainTimer);
    const deadlineMs = nextDeadlineMs(fleet);
    if (deadlineMs !== undefined) drainTimer = setTimeout(update, Math.max(0, deadlineMs - Date.now()));
    publisher.publish(toSettings(config, tenants, facts), fleet).then(
      () => {
        describe();
        monitor.hurry();
      },
      (error: unknown) => log.error({ err: error }, 'publishing failed'),
    );
  };
  const endpointsOf = (backend: Backend): readonly Endpoint[] =>
    backend.command === undefined ? urls.endpointsOf(backend) : processes.endpointsOf(backend.name);

  const isKnown = (backend: Backend): boolean =>
    (backend.command === undefined ? urls.isKnown(backend) : processes.isKnown) && secrets.isKnown(backend);
  const lookTimer = setTimeout(() => {
    firstLook = false;
    update();
  }, FIRST_LOOK_MS);

  const statuses = (): BackendStatus[] =>
    [...fleet.values()].map((entry) => {
      const { backend } = entry;
      const where = backend.command === undefined ? urls.notesOf(backend) : processes.notesOf(backend.name);
      const notes = [...where, ...secrets.notesOf(backend)];
      const health = monitor.health.get(clusterName(backend.name));
      const refused = publisher.refusalOf(backend.name);
      const refusing = secrets.credentialOf(backend) === 'missing';
      return toStatus({ entry, health, diagnoses: monitor.diagnoses, notes, refused, refusing });
    });
  const status = (): GetStatusResponse => ({
    backends: statuses(),
    problems: [...documents.problems, ...(certificate?.problems ?? [])].map(formatProblem),
    envoyConnected: discovery.connected,
  });
  const describe = () => {
    const states = statuses().map(({ name, state, endpoints }) => `${name} ${state} (${endpoints.length})`);
    const text = states.join(', ');
    if (text !== described) log.info(`backends: ${text === '' ? 'none' : text}`);
    described = text;
  };

  const ended = new EndedSessions(options.endedSessionsFile, Date.now() / 1000);
  const hub = new PolicyHub({
    status,
    endedSessions: ended.known,
    onEnded: (fingerprint, forgetAtSeconds) => ended.add(fingerprint, forgetAtSeconds),
  });
  const discovery = new DiscoveryServer({
    log,
    onRefused: (name, reason) => {
      log.error({ resource: name, reason }, 'Envoy refused a resource; its last good one goes on');
      publisher.refuse(name, reason);
    },
  });
  const folder = dirname(resolve(options.configFile));
  const secrets = new SecretFiles({ folder, log, onChange: update });
  const { configFile, listenerSecretFile: secretFile } = options;
  const certificate = secretFile === undefined ? undefined : new ListenerCertificate({ configFile, secretFile, log });
  const publisher = new Publisher({
    discovery,
    hub,
    secrets,
    systemCaFile: options.systemCaFile,
    folder,
  });
  const urls = new UrlEndpoints(update);
  const processes = new ProcessEndpoints(options.endpointsFolder, log, update);
  const monitor = new HealthMonitor({ adminSocket: options.adminSocket, fleet: () => fleet, log, onChange: describe });
  const documents = new Documents(configFile, log, update);
  const server = await serveUnix(options.socket, (grpc) => {
    discovery.addTo(grpc);
    hub.addTo(grpc);
    new SlotKeeper().addTo(grpc);
  });

  return {
    stop: async () => {
      clearTimeout(drainTimer);
      clearTimeout(lookTimer);
      documents.close();
      processes.close();
      monitor.close();
      urls.keepOnly([]);
      secrets.keepOnly([]);
      certificate?.close();
      await server.stop(STOP_GRACE_MS);
    },
  };
}
