import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { MCP_SCOPE } from '../core/identity/scope.ts';
import { backendUrl } from '../core/policy/policy.ts';
import { type Catalog, readCatalog } from '../core/registry/catalog.ts';
import { ADMIN_BACKEND } from '../core/registry/names.ts';
import { findEnvoy } from '../envoy/binary/find.ts';
import { renderBootstrap } from '../envoy/bootstrap.ts';
import { drainEnvoy } from '../envoy/drain.ts';
import { type TlsPair, validityWarning } from '../envoy/tls/pair.ts';
import { writeSecretFile } from '../envoy/tls/secret-file.ts';
import { openAuditLog } from '../runtime/audit.ts';
import { type Logger, renamed } from '../runtime/log.ts';
import { processLogState } from '../runtime/logs/process-log.ts';
import { LogReporter } from '../runtime/policy/log-reporter.ts';
import { allowedConnections } from '../runtime/processes/allowed-connections.ts';
import { endLeftovers } from '../runtime/processes/leftovers.ts';
import { acquireLock } from '../runtime/processes/lock.ts';
import { assertPortFree, freePort } from '../runtime/processes/ports.ts';
import { FileWatch, isYamlFile } from '../runtime/registry/watch.ts';
import { prepareAdminToolsSecret, prepareStateFolder, type StateFolder, writeFacts } from '../runtime/state/folder.ts';
import { ENVOY_ADMIN_SOCKET, socketNames, WATCHER_SOCKET } from '../runtime/state/sockets.ts';
import type { GatewayDocuments } from './documents.ts';
import { DEFAULT_TENANT } from './issuer/claims.ts';
import { startDevelopmentIssuer } from './issuer/issuer.ts';
import { issueDevelopmentToken } from './issuer/token.ts';
import { awaitReady } from './ready.ts';
import { startRoles } from './roles.ts';
import { Runner } from './runner.ts';
import { endBridgeLeftovers } from './stdio.ts';

const READY_TIMEOUT_MS = 60_000;
const ROLE_GRACE_MS = 6_000;
/** How long open requests may take to end when the gateway stops. Streams that stay open are then cut. */
const DRAIN_MS = 1_500;
const PROBE_TOKEN_SECONDS = 120;

/** Settings of a {@link LocalGateway}. */
export interface LocalGatewayOptions {
  documents: GatewayDocuments;
  /** Port of the listener. 0 picks a free one. */
  port: number;
  /** Number of ext-authz processes. */
  workers: number;
  folder: StateFolder;
  /** Path of the Envoy binary, if the user named one. */
  envoy: string | undefined;
  cacheDir: string;
  /** Path of `mcp-gateway`, whose commands the roles are. */
  program: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Log level of the roles. */
  logLevel: string;
  /** Called with a message before a step that takes long. */
  progress: (line: string) => void;
  /** Aborts a start. */
  signal: AbortSignal;
  log: Logger;
}

/** A whole gateway on one machine: the roles as child processes, the development issuer, and the processes of the backends. */
export class LocalGateway {
  /** URL for clients. Set by {@link start}. */
  publicUrl = '';
  /** URL of the development issuer; undefined if the configuration names other issuers. */
  developmentIssuer: string | undefined;
  readonly #options: LocalGatewayOptions;
  #listenUrl = '';
  #catalog: Catalog;
  /** In start order; called in reverse. */
  readonly #stops: (() => Promise<unknown> | unknown)[] = [];

  constructor(options: LocalGatewayOptions) {
    this.#options = options;
    this.#catalog = options.documents.catalog;
  }

  /** URL of each backend, by name. */
  get backendUrls(): ReadonlyMap<string, string> {
    const names = [...this.#catalog.backends.keys(), ...this.#internal];
    return new Map(names.map((name) => [name, backendUrl(this, name)]));
  }

  // Backends that the gateway itself provides.
  get #internal(): readonly string[] {
    return this.#options.documents.config.admin === undefined ? [] : [ADMIN_BACKEND];
  }

  /** Every scope that a client may need. */
  get #scopes(): readonly string[] {
    const ofBackends = [...this.#catalog.backends.values()].flatMap(({ scopes }) => scopes.flatMap(({ need }) => need));
    return [...new Set([MCP_SCOPE, ...this.#options.documents.config.scopes, ...ofBackends])];
  }

  /**
   * Starts everything.
   *
   * @throws UserError for a problem that the user can fix, such as a port in use
   */
  async start(): Promise<void> {
    const { documents, folder, envoy: explicit, env, cacheDir, progress, signal, log, workers } = this.#options;
    const { config, configFile, tls } = documents;
    const { address, trustedProxies } = config.listen;
    const lock = await acquireLock(folder.root);
    this.#stops.push(() => lock.release());
    this.#stops.push(() => rmSync(folder.run, { recursive: true, force: true }));
    await endLeftovers(folder.children, log);
    await endBridgeLeftovers(folder.children, log);
    prepareStateFolder(folder);
    const adminTools = config.admin !== undefined;
    if (adminTools) prepareAdminTools(configFile, folder);
    await assertPortFree(address, this.#options.port);
    const port = this.#options.port === 0 ? await freePort(address) : this.#options.port;
    const environment = { ENVOY_PATH: env.ENVOY_PATH, PATH: env.PATH };
    const envoy = await findEnvoy({ explicit, environment, cacheDir, progress, signal });
    log.info({ path: envoy.path, source: envoy.source }, `Envoy ${envoy.version}`);

    this.#listenUrl = `${tls === undefined ? 'http' : 'https'}://${reachable(address)}:${port}`;
    this.publicUrl = config.publicUrl ?? this.#listenUrl;
    writeFacts(folder, {
      publicUrl: this.publicUrl,
      watcherSocket: join(resolve(folder.run), WATCHER_SOCKET),
      tenantsFile: resolve(dirname(configFile), config.tenants),
    });
    if (config.developmentIssuer) await this.#startIssuer();
    this.#startRunner();

    const ownLog = new LogReporter({
      watcherSocket: join(resolve(folder.run), 'watcher.sock'),
      process: 'up',
      states: () => ({ audit: undefined, process: processLogState() }),
    });
    this.#stops.push(() => ownLog.close());
    const auditFile = config.audit.file === undefined ? folder.audit : resolve(dirname(configFile), config.audit.file);
    // Open it here, so that a failure is reported; otherwise the roles would fail and restart forever.
    await openAuditLog(auditFile).close();
    const bootstrapFile = join(folder.run, 'envoy.yaml');
    const listenerSecret = tls === undefined ? undefined : this.#writeCertificate(tls);
    const maxConnections = allowedConnections(log);
    const { heapMiB } = config.listen;
    const bootstrap = {
      ...{ address, port, listenerSecret, trustedProxies, sockets: socketNames(workers) },
      ...{ maxConnections, heapMiB },
    };
    writeFileSync(bootstrapFile, renderBootstrap(bootstrap), { mode: 0o600 });
    const { keyFile } = config.sessions;
    const roles = startRoles({
      program: this.#options.program,
      folder,
      configFile,
      sessionKeys: keyFile === undefined ? folder.sessionKeys : resolve(dirname(configFile), keyFile),
      envoy: envoy.path,
      bootstrapFile,
      workers,
      listenUrl: this.#listenUrl,
      listenerSecret,
      auditFile,
      developmentIssuer: this.developmentIssuer,
      adminTools,
      logLevel: this.#options.logLevel,
      log,
    });
    this.#stops.push(() => Promise.all(roles.services.map((role) => role.stop(ROLE_GRACE_MS))));
    this.#stops.push(() => roles.envoy.stop(ROLE_GRACE_MS));
    this.#stops.push(() => drainEnvoy(join(folder.run, ENVOY_ADMIN_SOCKET), DRAIN_MS));
  }

  /** Resolves when the gateway is ready, with the backends that do not serve, each with its reason. */
  ready(): Promise<string[]> {
    const { folder, documents, signal } = this.#options;
    const token = () =>
      issueDevelopmentToken({ stateDir: folder.root, audience: this.publicUrl, ttlSeconds: PROBE_TOKEN_SECONDS });
    const { extAuthz, extProc, metadata } = socketNames(this.#options.workers);
    return awaitReady({
      sockets: [...extAuthz, ...extProc, ...metadata].map((name) => join(folder.run, name)),
      watcherSocket: join(folder.run, WATCHER_SOCKET),
      listenUrl: this.#listenUrl,
      publicUrl: this.publicUrl,
      backends: [...documents.catalog.backends.values()].filter(({ replicas }) => replicas > 0).map(({ name }) => name),
      internal: this.#internal,
      token: this.developmentIssuer === undefined ? undefined : token,
      timeoutMs: READY_TIMEOUT_MS,
      signal,
    });
  }

  /** Stops everything that was started. Envoy drains and ends first, so that no request meets a missing service. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  // Envoy opens no listener without its certificate. Later the watcher replaces the file.
  #writeCertificate(pair: TlsPair): string {
    const { documents, folder, log } = this.#options;
    const file = join(folder.run, 'listener-secret.json');
    writeSecretFile(file, pair);
    const warning = validityWarning(pair, Date.now());
    if (warning !== undefined) log.warn({ ...documents.config.listen.tls }, warning);
    return file;
  }

  async #startIssuer(): Promise<void> {
    const { folder, log } = this.#options;
    const issuer = await startDevelopmentIssuer({
      stateDir: folder.root,
      port: 0,
      tenant: DEFAULT_TENANT,
      resources: () => [this.publicUrl, ...this.backendUrls.values()],
      scopes: () => this.#scopes,
      logger: renamed(log, 'issuer'),
    });
    this.developmentIssuer = issuer.issuer;
    this.#stops.push(() => issuer.stop());
  }

  #startRunner(): void {
    const { documents, folder, env, log } = this.#options;
    const runner = new Runner({
      folder: dirname(documents.configFile),
      baseEnv: env,
      programFolders: programFolders(import.meta.dirname),
      program: this.#options.program,
      recordFile: folder.children,
      endpointsFolder: folder.endpoints,
      replicasFolder: folder.replicas,
      log,
    });
    const watch = new FileWatch({
      path: documents.backendsFolder,
      accept: isYamlFile,
      log,
      onChange: (texts) => {
        this.#catalog = readCatalog(this.#catalog, texts);
        runner.update(this.#catalog.backends);
      },
    });
    this.#stops.push(() => runner.stop());
    this.#stops.push(() => watch.close());
  }
}

// The admin tools find the documents by folder, as `mcp-gateway serve --registry` does, so the name of the file is fixed.
function prepareAdminTools(configFile: string, folder: StateFolder): void {
  if (basename(configFile) !== 'gateway.yaml') {
    throw new UserError(
      'config',
      `with the key admin, the configuration file must be named gateway.yaml (got ${configFile})`,
    );
  }
  prepareAdminToolsSecret(folder);
}

// Folders with the programs of installed packages: node_modules/.bin in this folder and in those above it, as npm resolves them.
function programFolders(from: string): string[] {
  const above = dirname(from) === from ? [] : programFolders(dirname(from));
  const folder = join(from, 'node_modules', '.bin');
  return existsSync(folder) ? [folder, ...above] : above;
}

// A listener on all addresses is reached on loopback.
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
