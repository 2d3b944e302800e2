import { CLUSTER, ENDPOINTS } from '../../../envoy/ads/snapshot.ts';
import type { AggregatedDiscoveryServiceClient } from '../../../protos/gen/envoy/service/discovery/v3/AggregatedDiscoveryService.ts';
import type { DeltaDiscoveryRequest } from '../../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponse__Output } from '../../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import { aggregatedDiscoveryClient, decodeAny } from '../../../protos/load.ts';
import { Changes } from '../../../runtime/changes.ts';
import { clientOn } from '../../runtime/grpc/socket.ts';
import { Messages } from '../../runtime/grpc/stream.ts';

/** Longest wait of a test. */
const PATIENCE_MS = 5_000;

/** An event at the client: `+cds name`, `-eds name`, or `!cds name` for a rejected cluster. */
export type Event = string;

/**
 * A small client of delta ADS that behaves like Envoy: it subscribes to all clusters, then to the endpoints of those that it has,
 * and acknowledges each response, or rejects the clusters in {@link rejects}.
 */
export class EnvoyClient {
  /** Versions of the clusters that it has, by name. */
  readonly clusters = new Map<string, string>();
  /** Versions of the endpoints that it has, by name. */
  readonly endpoints = new Map<string, string>();
  readonly events: Event[] = [];
  /** Number of responses that it received. */
  responses = 0;
  /** Names of clusters that it rejects. */
  readonly rejects = new Set<string>();
  /** While true, it does not answer responses. */
  mute = false;
  readonly #client: AggregatedDiscoveryServiceClient;
  readonly #messages: Messages<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>;
  readonly #changes = new Changes();
  readonly #held: (() => void)[] = [];

  constructor(socket: string, before?: EnvoyClient) {
    this.#client = clientOn(socket, aggregatedDiscoveryClient());
    this.#messages = new Messages(this.#client.DeltaAggregatedResources());
    for (const [name, version] of before?.clusters ?? []) this.clusters.set(name, version);
    for (const [name, version] of before?.endpoints ?? []) this.endpoints.set(name, version);
    this.#send({ typeUrl: CLUSTER, node: { id: 'test' }, initialResourceVersions: Object.fromEntries(this.clusters) });
    if (this.clusters.size > 0) {
      this.#send({
        typeUrl: ENDPOINTS,
        resourceNamesSubscribe: [...this.clusters.keys()],
        initialResourceVersions: Object.fromEntries(this.endpoints),
      });
    }
    void this.#listen();
  }

  /** Sends the answers that it held back while it was mute. */
  speak(): void {
    this.mute = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Waits until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    if (!(await this.#changes.until(condition, PATIENCE_MS)))
      throw new Error(`not in time; so far: ${this.events.join(', ')}`);
  }

  close(): void {
    this.#messages.stream.cancel();
    this.#client.close();
  }

  #send(request: DeltaDiscoveryRequest): void {
    this.#messages.stream.write(request);
  }

  async #listen(): Promise<void> {
    for (;;) this.#take(await this.#messages.next());
  }

  #take(response: DeltaDiscoveryResponse__Output): void {
    const { typeUrl = '', nonce = '', removedResources } = response;
    this.responses++;
    const isCluster = typeUrl === CLUSTER;
    const held = isCluster ? this.clusters : this.endpoints;
    const short = isCluster ? 'cds' : 'eds';
    const rejected: string[] = [];
    const added: string[] = [];
    for (const { name = '', version = '', resource } of response.resources ?? []) {
      const value =
        resource && 'value' in resource && Buffer.isBuffer(resource.value) ? resource.value : Buffer.alloc(0);
      if (isCluster) decodeAny('envoy.config.cluster.v3.Cluster', value);
      else decodeAny('envoy.config.endpoint.v3.ClusterLoadAssignment', value);
      if (isCluster && this.rejects.has(name)) {
        rejected.push(name);
        this.events.push(`!${short} ${name}`);
        continue;
      }
      if (isCluster && !held.has(name)) added.push(name);
      held.set(name, version);
      this.events.push(`+${short} ${name}`);
    }
    for (const name of removedResources ?? []) {
      held.delete(name);
      this.events.push(`-${short} ${name}`);
    }
    const answer = () => {
      const error = `Error adding/updating cluster(s) ${rejected.map((name) => `${name}: not wanted`).join(', ')}`;
      this.#send({
        typeUrl,
        responseNonce: nonce,
        ...(rejected.length > 0 ? { errorDetail: { code: 13, message: error } } : {}),
      });
      if (added.length > 0) this.#send({ typeUrl: ENDPOINTS, resourceNamesSubscribe: added });
      if (isCluster && (removedResources ?? []).length > 0) {
        this.#send({ typeUrl: ENDPOINTS, resourceNamesUnsubscribe: removedResources ?? [] });
      }
    };
    if (this.mute) this.#held.push(answer);
    else answer();
    this.#changes.wake();
  }
}
