import { dirname, resolve } from 'node:path';
import type { AdminAddress } from '../core/admin/backend.ts';
import { issuerNames, issuerProblems } from '../core/config/issuers.ts';
import { formatProblem, type Problem } from '../core/document/problems.ts';
import type { Backend } from '../core/registry/backend.ts';
import { clusterName } from '../core/registry/cluster-name.ts';
import type { Endpoint } from '../core/registry/endpoint.ts';
import { type Fleet, nextDeadlineMs, planFleet } from '../core/registry/fleet.ts';
import { DiscoveryServer } from '../envoy/ads/server.ts';
import { ListenerCertificate } from '../envoy/tls/listener-certificate.ts';
import { SlotService } from '../ledger/slot-service.ts';
import type { GetStatusResponse } from '../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { serveUnix } from '../runtime/grpc/server.ts';
import type { Logger } from '../runtime/log.ts';
import type { RegistrySource, SourceHooks } from '../runtime/registry/source.ts';
import { HealthMonitor } from './health/health-monitor.ts';
import { HealthHistory } from './health/history.ts';
import { type BackendStatus, toStatus } from './health/status.ts';
import { EndedSessions } from './publish/ended-sessions.ts';
import { PolicyHub } from './publish/policy-service.ts';
import { Publisher } from './publish/publisher.ts';
import { SecretsByBackend } from './secrets/by-backend.ts';
import { ClusterSecrets } from './secrets/cluster-secrets.ts';
import type { BackendSecrets } from './secrets/port.ts';
import { SecretFiles } from './secrets/secret-files.ts';
import { AdminBackendSource } from './source/admin-backend.ts';
import { type AnyGatewayConfig, ConfigFile } from './source/config-file.ts';
import { isLocalAddress } from './source/local-addresses.ts';
import { type RunningFacts, settingsMaker } from './source/settings.ts';
import { UrlEndpoints } from './source/url-endpoints.ts';

const STOP_GRACE_MS = 1_000;
/** A watcher that starts and has read the registry waits for names, processes and secrets at most this long. */
const FIRST_LOOK_MS = 3_000;

/** What a watcher is started with. All paths are files, folders or Unix sockets. */
export interface WatcherOptions {
  /** Socket that Envoy and the services connect to. */
  socket: string;
  /** The gateway's configuration; it tells where backends and tenants come from. */
  configFile: string;
  /** Opens the registry that the configuration tells of, once it can be read. What it tells is settled at the start. */
  openRegistry: (config: AnyGatewayConfig, hooks: SourceHooks) => Promise<RegistrySource>;
  /** Called where the registry cannot be opened, with the reason. */
  onFailed: (error: unknown) => void;
  /** File that remembers ended sessions. */
  endedSessionsFile: string;
  /** Socket of Envoy's admin interface. */
  adminSocket: string;
  /** File of the certificates that https backends are verified with by default. */
  systemCaFile: string;
  /** File that Envoy reads the listener's certificate from; undefined where it listens without TLS. */
  listenerSecretFile: string | undefined;
  /** Where the gateway's own tools are served; undefined: nowhere, whatever the configuration says. */
  admin: AdminAddress | undefined;
  facts: RunningFacts;
  /** Whether `url` backends of a cluster may be on loopback and link-local addresses, as those of one machine always may. */
  allowLocalUrls: boolean;
  log: Logger;
}

/** Runs the watcher: registry in, clusters, endpoints and policy out. Returns how to stop it. */
export async function startWatcher(options: WatcherOptions): Promise<{ stop(): Promise<void> }> {
  const { log, facts } = options;
  const folder = dirname(resolve(options.configFile));
  let fleet: Fleet = new Map();
  let drainTimer: NodeJS.Timeout | undefined;
  let firstLook = true;
  let lookTimer: NodeJS.Timeout | undefined;
  let stopped = false;

  let registry: RegistrySource | undefined;
  let secrets: BackendSecrets | undefined;
  let opening = false;

  const open = async (config: AnyGatewayConfig) => {
    opening = true;
    const opened = await options.openRegistry(config, { onChange: update });
    if (stopped) return opened.close();
    const { secrets: store } = opened;
    const files = new SecretFiles({ folder, log, onChange: update });
    secrets = store === undefined ? files : new SecretsByBackend(files, new ClusterSecrets(store));
    publisher = new Publisher({ discovery, hub, secrets, systemCaFile: options.systemCaFile, folder });
    registry = opened;
    update();
  };

  const update = () => {
    const config = configuration.current;
    if (config?.listen.tls !== undefined) certificate?.watch(config.listen.tls);
    if (config !== undefined && !opening) open(config).catch(options.onFailed);
    if (config === undefined || registry === undefined || secrets === undefined || publisher === undefined) return;
    const { tenants, backends: registered } = registry;
    if (tenants === undefined || registered === undefined) return;
    const wanted = ownTools.addTo(registered, config.admin);
    if (firstLook) secrets.keepOnly(wanted.values());
    lookTimer ??= setTimeout(() => {
      firstLook = false;
      update();
    }, FIRST_LOOK_MS);
    // What a watcher before this one knew is in force until then: half of it would end the sessions of the other half.
    if (firstLook && ![...wanted.values()].every(isKnown)) return;
    firstLook = false;
    fleet = planFleet(fleet, wanted, endpointsOf, Date.now());
    const backends = [...fleet.values()].map(({ backend }) => backend);
    urls.keepOnly(backends);
    secrets.keepOnly(backends);
    // It says when it is done; a backend that serves is not taken away for that moment.
    if (backends.some((backend) => secrets?.isReading(backend))) return;
    clearTimeout(drainTimer);
    const deadlineMs = nextDeadlineMs(fleet);
    if (deadlineMs !== undefined) drainTimer = setTimeout(update, Math.max(0, deadlineMs - Date.now()));
    publisher.publish(toSettings(config, tenants), fleet).then(
      () => {
        diary.touch();
        monitor.hurry();
      },
      (error: unknown) => log.error({ err: error }, 'publishing failed'),
    );
  };
  const endpointsOf = (backend: Backend): readonly Endpoint[] =>
    backend.urls.length > 0
      ? urls.endpointsOf(backend)
      : (ownTools.endpointsOf(backend) ?? registry?.endpointsOf(backend) ?? []);

  const isKnown = (backend: Backend): boolean =>
    (backend.urls.length > 0 ? urls.isKnown(backend) : registry?.isKnown(backend) === true) &&
    secrets?.isKnown(backend) === true;
  const statuses = (): BackendStatus[] =>
    [...fleet.values()].map((entry) => {
      const { backend } = entry;
      const where = backend.urls.length > 0 ? urls.notesOf(backend) : (registry?.notesOf(backend) ?? []);
      const notes = [...where, ...(secrets?.notesOf(backend) ?? [])];
      const health = monitor.health.get(clusterName(backend.name));
      const refused = publisher?.refusalOf(backend.name);
      const refusing = secrets?.credentialOf(backend) === 'missing';
      return toStatus({ entry, health, diagnoses: monitor.diagnoses, notes, refused, refusing });
    });
  const problems = (): Problem[] => {
    const config = configuration.current;
    const unheld =
      config && registry?.tenants ? issuerProblems(registry.tenants, issuerNames(config), registry.tenantsSource) : [];
    const own = registry?.tenants ? ownTools.problems(config?.admin, registry.tenants, configFile) : [];
    const known = [...configuration.problems, ...(registry?.problems ?? []), ...unheld, ...own];
    return [...known, ...(certificate?.problems ?? [])];
  };
  const status = (): GetStatusResponse => ({
    backends: statuses().map((each) => ({ ...each, history: [...diary.historyOf(each.name)] })),
    problems: problems().map(formatProblem),
    envoyConnected: discovery.connected,
  });
  const diary = new HealthHistory(statuses, log);
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
      publisher?.refuse(name, reason);
    },
  });
  const { configFile, listenerSecretFile: secretFile } = options;
  const certificate = secretFile === undefined ? undefined : new ListenerCertificate({ configFile, secretFile, log });
  let publisher: Publisher | undefined;
  const ownTools = new AdminBackendSource(options.admin);
  const toSettings = settingsMaker(facts);
  // Whoever writes backends into a cluster does not thereby reach what trusts the gateway's pod.
  const isRefused = (address: string) =>
    registry?.secrets !== undefined && !options.allowLocalUrls && isLocalAddress(address);
  const urls = new UrlEndpoints(update, undefined, isRefused);
  const monitor = new HealthMonitor({
    adminSocket: options.adminSocket,
    fleet: () => fleet,
    log,
    onChange: () => diary.touch(),
  });
  const configuration = new ConfigFile(configFile, log, update);
  const server = await serveUnix(options.socket, (grpc) => {
    discovery.addTo(grpc);
    hub.addTo(grpc);
    new SlotService().addTo(grpc);
  });

  return {
    stop: async () => {
      clearTimeout(drainTimer);
      clearTimeout(lookTimer);
      stopped = true;
      configuration.close();
      registry?.close();
      monitor.close();
      diary.close();
      urls.keepOnly([]);
      secrets?.keepOnly([]);
      certificate?.close();
      await server.stop(STOP_GRACE_MS);
    },
  };
}
