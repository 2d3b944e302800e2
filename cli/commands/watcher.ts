import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AdminAddress } from '../../core/admin/backend.ts';
import { UserError } from '../../core/errors.ts';
import { socketOf } from '../../core/registry/endpoint.ts';
import { serverUrl } from '../../core/registry/url.ts';
import { SlotService } from '../../ledger/slot-service.ts';
import { UsageService } from '../../ledger/usage-service.ts';
import { RejectedFile } from '../../runtime/files/kind.ts';
import { readTextFileSync } from '../../runtime/files/read-sync.ts';
import { addAccessLogs } from '../../runtime/grpc/access-logs.ts';
import { serveUnix } from '../../runtime/grpc/server.ts';
import { createLogger, type Logger } from '../../runtime/log.ts';
import { FolderRegistry } from '../../runtime/registry/folder.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { startWatcher, type WatcherOptions } from '../../watcher/watcher.ts';
import { type Command, misuse, parseOptions, required, wholeNumber } from '../command.ts';

const STOP_GRACE_MS = 1_000;
/** Files with the certificates of public authorities, by system. */
const MAX_CA_BYTES = 16 << 20;
const CA_FILES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

const help = `Usage: mcp-gateway watcher --config FILE --socket PATH --ended-sessions FILE --envoy-admin PATH --listen-url URL [options]

Watches the registry, programs Envoy's clusters and endpoints (delta ADS), and publishes the policy to the other roles.

  --config FILE              gateway.yaml; it names the folder of the backends and the tenants document, or the namespaces of a
                             Kubernetes cluster
  --socket PATH              Unix socket for Envoy and the other roles
  --endpoints DIR            folder with the endpoints of "command" backends, written by the process that runs them; required if
                             the backends are in a folder
  --ended-sessions FILE      file that keeps ended sessions across restarts
  --envoy-admin PATH         Unix socket of Envoy's admin interface, for the health of the endpoints
  --listen-url URL           URL of the listener, if the configuration names no public URL
  --development-issuer URL   URL of the development issuer, if the configuration says "development"
  --listener-secret FILE     file with the listener's certificate for Envoy, if it listens with TLS
  --workers N                number of ext-authz processes (default 1), for their share of quotas
  --admin-tools ADDRESS      where mcp-gateway admin serves the admin tools: unix:PATH or an http URL
  --admin-tools-secret FILE  the secret that the gateway sends to mcp-gateway admin
  --ca-file FILE             certificate authorities for https backends; default: SSL_CERT_FILE, or those of the system
  --kubeconfig FILE          cluster and credentials, if the configuration says "kubernetes"; default: KUBECONFIG, or the
                             ServiceAccount of the pod
  --context NAME             context of the kubeconfig; default: its current context
  --allow-local-urls         allow "url" backends of a cluster on loopback and link-local addresses, to try things out on one machine
  --log-level LEVEL          trace, debug, info (default), warn, error

SIGTERM: exits with 0. Envoy and the other roles keep the configuration that they have.`;

/** `mcp-gateway watcher` */
export const watcher: Command = {
  summary: 'program Envoy from the registry (a role of the gateway)',
  help,
  run: async (args, { env }) => {
    const { values } = parseOptions('watcher', args, {
      config: { type: 'string' },
      socket: { type: 'string' },
      endpoints: { type: 'string' },
      'ended-sessions': { type: 'string' },
      'envoy-admin': { type: 'string' },
      'listen-url': { type: 'string' },
      'development-issuer': { type: 'string' },
      'listener-secret': { type: 'string' },
      'admin-tools': { type: 'string' },
      'admin-tools-secret': { type: 'string' },
      // The former names.
      'own-tools': { type: 'string' },
      'own-tools-secret': { type: 'string' },
      'ca-file': { type: 'string' },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      'allow-local-urls': { type: 'boolean', default: false },
      workers: { type: 'string', default: '1' },
      'log-level': { type: 'string', default: 'info' },
    });
    const option = (name: Exclude<keyof typeof values, 'log-level' | 'workers' | 'allow-local-urls'>) =>
      required('watcher', name, values[name]);
    const systemCaFile = values['ca-file'] ?? env.SSL_CERT_FILE ?? CA_FILES.find((file) => existsSync(file));
    if (systemCaFile === undefined) {
      throw new UserError('config', 'no file with certificate authorities was found on this system', {
        hint: 'Name one with --ca-file.',
      });
    }
    assertRegularFile(systemCaFile);
    const configFile = option('config');
    const folder = dirname(resolve(configFile));
    const log = createLogger({ name: 'watcher', level: values['log-level'] });
    const failed = Promise.withResolvers<never>();
    const { kubeconfig, context } = values;
    const running = startWatcher({
      configFile,
      openRegistry: registryOpener({
        ...{ folder, log },
        endpointsFolder: () => option('endpoints'),
        cluster: { kubeconfig, context, env },
      }),
      onFailed: failed.reject,
      endedSessionsFile: option('ended-sessions'),
      adminSocket: option('envoy-admin'),
      systemCaFile,
      listenerSecretFile: values['listener-secret'],
      admin: adminAddress(
        values['admin-tools'] ?? values['own-tools'],
        values['admin-tools-secret'] ?? values['own-tools-secret'],
      ),
      facts: {
        listenUrl: option('listen-url'),
        developmentIssuer: values['development-issuer'],
        folder,
        workers: wholeNumber('watcher', 'workers', values.workers, 1, 64),
      },
      allowLocalUrls: values['allow-local-urls'],
      log,
    });
    const usage = new UsageService(() => running.policyInForce());
    const slots = new SlotService();
    const server = await serveUnix(option('socket'), (grpc) => {
      for (const service of [running, usage, slots]) service.addTo(grpc);
      addAccessLogs(grpc, { slots, redirects: running.redirects });
    });
    try {
      await Promise.race([untilShutdown(), failed.promise]);
    } finally {
      running.close();
      await server.stop(STOP_GRACE_MS);
    }
    return 0;
  },
};

// Envoy reads the file, and its main thread would wait for a FIFO forever.
function assertRegularFile(caFile: string): void {
  try {
    readTextFileSync(caFile, MAX_CA_BYTES);
  } catch (error) {
    if (error instanceof RejectedFile)
      throw new UserError('config', `the certificate authorities ${caFile} cannot be read: ${error.message}`);
  }
}

function adminAddress(address: string | undefined, secret: string | undefined): AdminAddress | undefined {
  if (address === undefined) return undefined;
  const secretFile = resolve(required('watcher', 'admin-tools-secret', secret));
  const socket = socketOf(address);
  if (socket !== undefined) return { at: { socket }, secretFile };
  if (serverUrl.safeParse(address).success) return { at: { url: address }, secretFile };
  throw misuse('watcher', `--admin-tools must be unix:PATH or an http URL (got ${address})`);
}

interface OpenerOptions {
  folder: string;
  /** Throws if the option was not given. */
  endpointsFolder: () => string;
  cluster: {
    kubeconfig: string | undefined;
    context: string | undefined;
    env: Readonly<Record<string, string | undefined>>;
  };
  log: Logger;
}

function registryOpener({ folder, endpointsFolder, cluster, log }: OpenerOptions): WatcherOptions['openRegistry'] {
  return async (config, hooks) => {
    if (!('kubernetes' in config)) {
      const { backends, tenants } = config;
      return new FolderRegistry({
        ...{ folder, backends, tenants, log },
        endpointsFolder: endpointsFolder(),
        ...hooks,
      });
    }
    // Loaded on demand: the library takes 90 MB of memory and a second.
    const { loadCluster } = await import('../../k8s/api/credentials.ts');
    const { KubeClient } = await import('../../k8s/api/client.ts');
    const { KubernetesRegistry } = await import('../../k8s/registry/registry.ts');
    const client = new KubeClient(loadCluster(cluster));
    log.info({ server: client.server, ...config.kubernetes }, 'watching a cluster');
    return new KubernetesRegistry({ client, config: config.kubernetes, log, ...hooks });
  };
}
