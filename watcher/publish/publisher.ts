import { resolve } from 'node:path';
import type { Policy, PolicyBackend } from '../../core/policy/policy.ts';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { FleetBackend } from '../../core/registry/fleet.ts';
import type { DiscoveryServer } from '../../envoy/ads/server.ts';
import {
  type BackendResources,
  equalSnapshots,
  packCluster,
  packEndpoints,
  type Snapshot,
} from '../../envoy/ads/snapshot.ts';
import { toCluster, toLoadAssignment, type UpstreamTls } from '../../envoy/resources.ts';
import type { BackendSecrets } from '../secrets/port.ts';
import type { FleetSnapshot } from '../source/snapshot.ts';
import type { PolicyService } from './policy-service.ts';

/** An Envoy that does not answer within this time does not hold up the policy. */
const SETTLE_TIMEOUT_MS = 2_000;

/** Settings of {@link Publisher}. */
export interface PublisherOptions {
  discovery: DiscoveryServer;
  policy: Pick<PolicyService, 'publish'>;
  /** File of the certificate authorities that https URLs are verified with by default. */
  systemCaFile: string;
  /** Folder of the gateway's configuration. Files that backends name are relative to it. */
  folder: string;
}

/** The resources and the policy of a backend, with the secrets that they were made with. */
interface Rendered {
  certificate: ReturnType<BackendSecrets['certificateOf']>;
  authorities: ReturnType<BackendSecrets['authoritiesOf']>;
  credential: ReturnType<BackendSecrets['credentialOf']>;
  /** Undefined: Envoy does not connect to the backend, not even for health checks, and the policy denies requests for it. */
  resources: BackendResources | undefined;
  policy: PolicyBackend;
}

/**
 * Publishes snapshots one at a time, and skips those that are no longer the newest. Nothing is used before it exists: first clusters
 * and endpoints go to Envoy, then the policy to the services, then unused clusters are removed.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #rejected = new Map<string, string>();
  // Only a few of many backends change at a time, and a changed one is a new object.
  readonly #rendered = new WeakMap<FleetBackend, Rendered>();
  #snapshot: Snapshot | undefined;
  #policy: Policy['backends'] = new Map();
  #next: FleetSnapshot | undefined;
  #publishing: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Publishes a snapshot after the one that is being published; resolves once the newest one is in force. */
  publish(snapshot: FleetSnapshot): Promise<void> {
    this.#next = snapshot;
    this.#publishing ??= this.#run();
    return this.#publishing;
  }

  /** Records that Envoy rejected a resource. */
  reject(resource: string, reason: string): void {
    this.#rejected.set(resource, reason);
  }

  /** Why Envoy rejected the resources of a backend; undefined if it did not. */
  rejectionOf(backend: string): string | undefined {
    return this.#rejected.get(clusterName(backend));
  }

  async #run(): Promise<void> {
    try {
      while (this.#next !== undefined) {
        const next = this.#next;
        this.#next = undefined;
        await this.#publishOne(next);
      }
    } finally {
      this.#publishing = undefined;
    }
  }

  async #publishOne({ settings, fleet, secrets }: FleetSnapshot): Promise<void> {
    const { discovery, policy: service } = this.#options;
    const wanted = new Map<string, BackendResources>();
    const rendered = [...fleet.values()].map((entry) => this.#render(entry, secrets));
    for (const { policy, resources } of rendered) {
      if (resources !== undefined) wanted.set(clusterName(policy.name), resources);
    }
    const leaving = [...(this.#snapshot ?? [])].filter(([name]) => !wanted.has(name));
    this.#toEnvoy(leaving.length === 0 ? wanted : new Map([...leaving, ...wanted]));
    if (discovery.connected) await discovery.settled(SETTLE_TIMEOUT_MS);
    this.#policy = new Map(rendered.flatMap(({ policy }) => this.#toPolicy(policy)));
    await service.publish(settings, this.#policy);
    this.#toEnvoy(wanted);
  }

  #toEnvoy(snapshot: Snapshot): void {
    // The first snapshot is published even if it is empty, because Envoy waits for it.
    if (this.#snapshot !== undefined && equalSnapshots(snapshot, this.#snapshot)) return;
    for (const name of this.#rejected.keys()) {
      if (this.#snapshot?.get(name)?.cluster.version !== snapshot.get(name)?.cluster.version)
        this.#rejected.delete(name);
    }
    this.#snapshot = snapshot;
    this.#options.discovery.publish(snapshot);
  }

  #render(entry: FleetBackend, secrets: BackendSecrets): Rendered {
    const { backend } = entry;
    const { systemCaFile, folder } = this.#options;
    const certificate = secrets.certificateOf(backend);
    const authorities = secrets.authoritiesOf(backend);
    const credential = secrets.credentialOf(backend);
    const known = this.#rendered.get(entry);
    const isSame =
      known?.certificate === certificate && known?.authorities === authorities && known?.credential === credential;
    if (known !== undefined && isSame) return known;
    let resources: BackendResources | undefined;
    if (certificate !== 'missing' && authorities !== 'missing') {
      const file = backend.caFile === undefined ? systemCaFile : resolve(folder, backend.caFile);
      const tls: UpstreamTls = {
        certificate,
        authorities: authorities === undefined ? { file } : { pem: authorities },
      };
      resources = { cluster: packCluster(toCluster(backend, tls)), endpoints: packEndpoints(toLoadAssignment(entry)) };
    }
    const rendered = { certificate, authorities, credential, resources, policy: toPolicyBackend(entry, credential) };
    this.#rendered.set(entry, rendered);
    return rendered;
  }

  // Envoy keeps the last version of a cluster that it rejects, but takes new endpoints for it. A backend whose cluster Envoy never
  // accepted is left out of the policy.
  #toPolicy(after: PolicyBackend): [string, PolicyBackend][] {
    const { name } = after;
    if (this.rejectionOf(name) === undefined) return [[name, after]];
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
    bridged: backend.transport !== 'http',
    path,
    draining: drainUntilMs !== undefined,
    endpoints: endpoints.map(({ id, address, incarnation, draining }) => ({ id, address, incarnation, draining })),
  };
}
