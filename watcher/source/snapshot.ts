import { dirname, resolve } from 'node:path';
import type { AdminAddress } from '../../core/admin/backend.ts';
import { issuerNames, issuerProblems } from '../../core/config/issuers.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { PolicySettings } from '../../core/policy/policy.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { type Fleet, nextDeadlineMs, planFleet } from '../../core/registry/fleet.ts';
import type { Logger } from '../../runtime/log.ts';
import type { RegistrySource, SourceHooks } from '../../runtime/registry/source.ts';
import { openSecrets } from '../secrets/open.ts';
import type { BackendSecrets } from '../secrets/port.ts';
import { AdminBackendSource } from './admin-backend.ts';
import { type AnyGatewayConfig, ConfigFile } from './config-file.ts';
import { BackendEndpoints } from './endpoints.ts';
import { FirstLook } from './first-look.ts';
import { isLocalAddress } from './local-addresses.ts';
import { type RunningFacts, settingsMaker } from './settings.ts';
import { UrlEndpoints } from './url-endpoints.ts';

/** What is to be served, as it is published. */
export interface FleetSnapshot {
  settings: PolicySettings;
  fleet: Fleet;
  /** The secrets of the fleet's backends. */
  secrets: BackendSecrets;
}

/** Settings of {@link SnapshotSource}. */
export interface SnapshotSourceOptions {
  /** The gateway's configuration, which names the sources of backends and tenants. */
  configFile: string;
  /** Opens the registry that the first valid configuration names. Later configurations do not open another one. */
  openRegistry: (config: AnyGatewayConfig, hooks: SourceHooks) => Promise<RegistrySource>;
  /** Called with the reason if the registry cannot be opened. */
  onFailed: (error: unknown) => void;
  /** Where the admin tools are served; undefined: nowhere, whatever the configuration says. */
  admin: AdminAddress | undefined;
  facts: RunningFacts;
  /** Whether `url` backends of a cluster may have loopback and link-local addresses. Those of a folder always may. */
  allowLocalUrls: boolean;
  /** Called with the configuration in force whenever anything changed. */
  onConfig: (config: AnyGatewayConfig) => void;
  /** Called with each snapshot, which may equal the one before. */
  onSnapshot: (snapshot: FleetSnapshot) => void;
  log: Logger;
}

/** Makes snapshots of what is to be served from the configuration, the registry, DNS and the secrets, after each change. */
export class SnapshotSource {
  /** The fleet of the newest snapshot. */
  fleet: Fleet = new Map();
  readonly #options: SnapshotSourceOptions;
  readonly #config: ConfigFile;
  readonly #toSettings: ReturnType<typeof settingsMaker>;
  readonly #admin: AdminBackendSource;
  readonly #endpoints: BackendEndpoints;
  readonly #firstLook = new FirstLook(() => this.#update());
  #registry: RegistrySource | undefined;
  #secrets: BackendSecrets | undefined;
  #opening = false;
  #closed = false;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(options: SnapshotSourceOptions) {
    this.#options = options;
    this.#toSettings = settingsMaker(options.facts);
    this.#admin = new AdminBackendSource(options.admin);
    const update = () => this.#update();
    const urls = new UrlEndpoints(update, undefined, (address) => this.#isForbidden(address));
    this.#endpoints = new BackendEndpoints(urls, this.#admin, () => this.#registry);
    this.#config = new ConfigFile(options.configFile, options.log, update);
  }

  /** Everything that is wrong with the documents now. */
  get problems(): Problem[] {
    const { current: config, problems } = this.#config;
    const { tenants, tenantsSource = '' } = this.#registry ?? {};
    const ofIssuers = config && tenants ? issuerProblems(tenants, issuerNames(config), tenantsSource) : [];
    const ofAdmin = tenants ? this.#admin.problems(config?.admin, tenants, this.#options.configFile) : [];
    return [...problems, ...(this.#registry?.problems ?? []), ...ofIssuers, ...ofAdmin];
  }

  /** What keeps a backend from being served in full, for display. */
  notesOf(backend: Backend): string[] {
    return [...this.#endpoints.notesOf(backend), ...(this.#secrets?.notesOf(backend) ?? [])];
  }

  /** Whether requests for a backend are denied because one of its secrets is missing. */
  lacksSecrets(backend: Backend): boolean {
    return this.#secrets?.credentialOf(backend) === 'missing';
  }

  /** Stops watching everything. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#drainTimer);
    this.#firstLook.close();
    this.#config.close();
    this.#registry?.close();
    this.#endpoints.keepOnly([]);
    this.#secrets?.keepOnly([]);
  }

  async #open(config: AnyGatewayConfig): Promise<void> {
    const { configFile, openRegistry, log } = this.#options;
    const update = () => this.#update();
    this.#opening = true;
    const registry = await openRegistry(config, { onChange: update });
    if (this.#closed) return registry.close();
    this.#secrets = openSecrets(registry.secrets, { folder: dirname(resolve(configFile)), log, onChange: update });
    this.#registry = registry;
    this.#update();
  }

  #update(): void {
    const { onConfig, onFailed, onSnapshot } = this.#options;
    const config = this.#config.current;
    if (config === undefined) return;
    onConfig(config);
    if (!this.#opening) this.#open(config).catch(onFailed);
    const [registry, secrets] = [this.#registry, this.#secrets];
    if (registry?.tenants === undefined || registry.backends === undefined || secrets === undefined) return;
    const wanted = this.#admin.addTo(registry.backends, config.admin);
    const isKnown = (backend: Backend) => this.#endpoints.isKnown(backend) && secrets.isKnown(backend);
    if (this.#firstLook.isOpen) secrets.keepOnly(wanted.values());
    if (!this.#firstLook.isOver(() => [...wanted.values()].every(isKnown))) return;
    this.fleet = planFleet(this.fleet, wanted, (backend) => this.#endpoints.of(backend), Date.now());
    const backends = [...this.fleet.values()].map(({ backend }) => backend);
    this.#endpoints.keepOnly(backends);
    secrets.keepOnly(backends);
    // Reading takes a moment and ends with an update. A snapshot before that could remove a backend that serves.
    if (backends.some((backend) => secrets.isReading(backend))) return;
    this.#scheduleDrain();
    onSnapshot({ settings: this.#toSettings(config, registry.tenants), fleet: this.fleet, secrets });
  }

  #scheduleDrain(): void {
    clearTimeout(this.#drainTimer);
    const deadlineMs = nextDeadlineMs(this.fleet);
    if (deadlineMs === undefined) return;
    this.#drainTimer = setTimeout(() => this.#update(), Math.max(0, deadlineMs - Date.now()));
  }

  // People who may write backends into a cluster must not thereby reach services that trust the gateway's pod.
  #isForbidden(address: string): boolean {
    return this.#registry?.secrets !== undefined && !this.#options.allowLocalUrls && isLocalAddress(address);
  }
}
