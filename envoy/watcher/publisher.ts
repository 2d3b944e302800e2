import { resolve } from 'node:path';
import type { Policy, PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Fleet, FleetBackend } from '../../core/registry/fleet.ts';
import type { DiscoveryServer } from '../ads/server.ts';
import {
  type BackendResources,
  equalSnapshots,
  packCluster,
  packEndpoints,
  type Resource,
  type Snapshot,
} from '../ads/snapshot.ts';
import { toCluster, toLoadAssignment } from '../resources.ts';
import type { TlsPair } from '../tls/pair.ts';
import type { PolicyHub } from './policy-hub.ts';
import type { SecretFiles } from './secret-files.ts';

/** An Envoy that does not answer within this time does not hold up the others. */
const SETTLE_TIMEOUT_MS = 2_000;

/** Where a fleet is published to, and what it is made with. */
export interface PublisherOptions {
  discovery: DiscoveryServer;
  hub: PolicyHub;
  secrets: SecretFiles;
  /** File of the certificates that https URLs are verified with by default. */
  systemCaFile: string;
  /** Folder of the gateway's configuration, which files named by backends are relative to. */
  folder: string;
}

/**
 * Publishes fleets, one at a time and the newest only, in the order in which nothing is used before it is there: clusters
 * and endpoints to Envoy, then the policy to the services, then the removal of clusters that nobody is sent to any more.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #refused = new Map<string, string>();
  // Few of many backends change at a time, and one that did is a new value.
  readonly #clusters = new WeakMap<Backend, { certificate: TlsPair | undefined; packed: Resource }>();
  #snapshot: Snapshot | undefined;
  #policy: Policy['backends'] = new Map();
  #next: { settings: PolicySettings; fleet: Fleet } | undefined;
  #publishing: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Publishes a fleet after the one that is being published; resolves when the newest one is in force. */
  publish(settings: PolicySettings, fleet: Fleet): Promise<void> {
    this.#next = { settings, fleet };
    this.#publishing ??= this.#run();
    return this.#publishing;
  }

  /** Takes down that Envoy refused a resource. */
  refuse(resource: string, reason: string): void {
    this.#refused.set(resource, reason);
  }

  /** Why Envoy refused a backend; undefined when it did not. */
  refusalOf(backend: string): string | undefined {
    return this.#refused.get(clusterName(backend));
  }

  async #run(): Promise<void> {
    try {
      while (this.#next !== undefined) {
        const { settings, fleet } = this.#next;
        this.#next = undefined;
        await this.#publishOne(settings, fleet);
      }
    } finally {
      this.#publishing = undefined;
    }
  }

  async #publishOne(settings: PolicySettings, fleet: Fleet): Promise<void> {
    const { discovery, hub } = this.#options;
    const wanted = this.#pack(fleet);
    this.#toEnvoy(new Map([...(this.#snapshot ?? []), ...wanted]));
    if (discovery.connected) await discovery.settled(SETTLE_TIMEOUT_MS);
    this.#policy = new Map([...fleet.values()].flatMap((entry) => this.#toPolicy(entry)));
    await hub.publish(settings, this.#policy);
    this.#toEnvoy(wanted);
  }

  #toEnvoy(snapshot: Snapshot): void {
    // The first one is published even when it is empty: Envoy waits for it.
    if (this.#snapshot !== undefined && equalSnapshots(snapshot, this.#snapshot)) return;
    for (const [name, { cluster }] of snapshot) {
      if (this.#snapshot?.get(name)?.cluster.version !== cluster.version) this.#refused.delete(name);
    }
    this.#snapshot = snapshot;
    this.#options.discovery.publish(snapshot);
  }

  #pack(fleet: Fleet): Snapshot {
    const entries = [...fleet.values()].flatMap((entry): [string, BackendResources][] => {
      const certificate = this.#options.secrets.certificateOf(entry.backend);
      // Without a cluster nothing is dialled, health checks included. The policy has requests refused meanwhile.
      if (certificate === 'missing') return [];
      const cluster = this.#packCluster(entry.backend, certificate);
      return [[clusterName(entry.backend.name), { cluster, endpoints: packEndpoints(toLoadAssignment(entry)) }]];
    });
    return new Map(entries);
  }

  #packCluster(backend: Backend, certificate: TlsPair | undefined): Resource {
    const known = this.#clusters.get(backend);
    if (known !== undefined && known.certificate === certificate) return known.packed;
    const { systemCaFile, folder } = this.#options;
    const caFile = backend.caFile === undefined ? systemCaFile : resolve(folder, backend.caFile);
    const packed = packCluster(toCluster(backend, { caFile, certificate }));
    this.#clusters.set(backend, { certificate, packed });
    return packed;
  }

  // A cluster that Envoy refused goes on as it last was, with the endpoints of now; one that it never took stays unknown.
  #toPolicy(entry: FleetBackend): [string, PolicyBackend][] {
    const { name } = entry.backend;
    const after = toPolicyBackend(entry, this.#options.secrets.credentialOf(entry.backend));
    if (this.refusalOf(name) === undefined) return [[name, after]];
    const before = this.#policy.get(name);
    return before === undefined ? [] : [[name, { ...before, endpoints: after.endpoints, draining: after.draining }]];
  }
}

function toPolicyBackend(
  { backend, endpoints, drainUntilMs }: FleetBackend,
  credential: PolicyBackend['credential'],
): PolicyBackend {
  const { name, affinity, affinityHeader, tenants, roles, scopes, filters, identityHeaders, path } = backend;
  return {
    name,
    affinity,
    affinityHeader,
    tenants,
    roles,
    scopes,
    filters,
    credential,
    identityHeaders,
    path,
    draining: drainUntilMs !== undefined,
    endpoints: endpoints.map(({ id, address, incarnation, draining }) => ({ id, address, incarnation, draining })),
  };
}
