import { dirname, resolve } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { formatProblem } from '../core/document/problems.ts';
import { EndedSessions } from '../core/session/ended-sessions.ts';
import { DiscoveryServer } from '../envoy/ads/server.ts';
import { ListenerCertificate } from '../envoy/tls/listener-certificate.ts';
import type { AccessLogReader } from '../runtime/grpc/access-logs.ts';
import { processLogState } from '../runtime/logs/process-log.ts';
import { troubledLogs } from '../runtime/logs/state.ts';
import { FleetHealth } from './health/fleet-health.ts';
import { Redirects } from './health/redirects.ts';
import { StatusService } from './health/status-service.ts';
import { EndedSessionsFile } from './publish/ended-sessions-file.ts';
import { PolicyService, type PublishedPolicy } from './publish/policy-service.ts';
import { Publisher } from './publish/publisher.ts';
import { SnapshotSource, type SnapshotSourceOptions } from './source/snapshot.ts';

/** What a watcher is started with. All paths are files, folders or Unix sockets. */
export interface WatcherOptions extends Omit<SnapshotSourceOptions, 'onConfig' | 'onSnapshot'> {
  /** File that remembers ended sessions. */
  endedSessionsFile: string;
  /** Socket of Envoy's admin interface. */
  adminSocket: string;
  /** File of the certificate authorities that https backends are verified with by default. */
  systemCaFile: string;
  /** File that Envoy reads the listener's certificate from; undefined if it listens without TLS. */
  listenerSecretFile: string | undefined;
}

/** A running watcher. */
export interface Watcher {
  /** The policy that all services have; undefined before the first one. */
  policyInForce(): PublishedPolicy | undefined;
  /** Reads Envoy's access log of the redirects of servers, for the status. */
  readonly redirects: AccessLogReader;
  /** Adds the services for Envoy, ext-authz, ext-proc and `mcp-gateway status` to a server. */
  addTo(server: Server): void;
  /** Stops watching. */
  close(): void;
}

/** Starts a watcher: reads the registry, programs Envoy's clusters and endpoints, publishes the policy. */
export function startWatcher(options: WatcherOptions): Watcher {
  const { log, configFile, listenerSecretFile: secretFile } = options;
  const certificate = secretFile === undefined ? undefined : new ListenerCertificate({ configFile, secretFile, log });
  const ended = new EndedSessions();
  const endedFile = new EndedSessionsFile({ file: options.endedSessionsFile, ended, log });
  const policy = new PolicyService({ ended, onEnded: (session) => endedFile.append(session) });
  const discovery = new DiscoveryServer({
    log,
    onRejected: (name, reason) => {
      log.error({ resource: name, reason }, 'Envoy rejected a resource; keeping its last good version');
      publisher.reject(name, reason);
    },
  });
  const folder = dirname(resolve(configFile));
  const publisher = new Publisher({ discovery, policy, systemCaFile: options.systemCaFile, folder });
  const source = new SnapshotSource({
    ...options,
    onConfig: ({ listen }) => {
      if (listen.tls !== undefined) certificate?.watch(listen.tls);
    },
    onSnapshot: (snapshot) => {
      publisher.publish(snapshot).then(
        () => health.refresh(),
        (error: unknown) => log.error({ err: error }, 'publishing failed'),
      );
    },
  });
  const redirects = new Redirects(() => source.fleet);
  const health = new FleetHealth({
    source,
    redirects,
    rejectionOf: (backend) => publisher.rejectionOf(backend),
    adminSocket: options.adminSocket,
    log,
  });
  const status = new StatusService(() => ({
    backends: health.statuses(),
    problems: [...source.problems, ...(certificate?.problems ?? [])].map(formatProblem),
    envoyConnected: discovery.connected,
    logReports: ownLogs(),
  }));
  return {
    policyInForce: () => policy.inForce,
    redirects,
    addTo: (server) => {
      for (const service of [discovery, policy, status]) service.addTo(server);
    },
    close: () => {
      source.close();
      health.close();
      certificate?.close();
    },
  };
}

function ownLogs() {
  const logs = troubledLogs({ audit: undefined, process: processLogState() });
  return logs.length === 0 ? [] : [{ process: 'watcher', logs }];
}
