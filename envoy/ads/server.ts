import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import type { AggregatedDiscoveryServiceHandlers } from '../../protos/gen/envoy/service/discovery/v3/AggregatedDiscoveryService.ts';
import type { DeltaDiscoveryRequest__Output } from '../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponse } from '../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import { aggregatedDiscoveryService } from '../../protos/load.ts';
import { Changes } from '../../runtime/changes.ts';
import type { Logger } from '../../runtime/log.ts';
import { CLUSTER, ENDPOINTS, type Snapshot } from './snapshot.ts';
import { type Delta, Subscription } from './subscription.ts';

type Stream = ServerDuplexStream<DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse>;

/** Clusters come before the endpoints that belong to them. */
const TYPES: readonly string[] = [CLUSTER, ENDPOINTS];

/** Called with the name of a resource that an Envoy rejected, and the reason that it gave. */
export type OnRejected = (name: string, reason: string) => void;

/** The delta ADS server: sends every connected Envoy what changed, with at most one unanswered response for each type. */
export class DiscoveryServer {
  readonly #log: Logger;
  readonly #onRejected: OnRejected;
  readonly #streams = new Map<Stream, Map<string, Subscription>>();
  readonly #changes = new Changes();
  #snapshot: Snapshot | undefined;

  constructor(options: { log: Logger; onRejected: OnRejected }) {
    this.#log = options.log;
    this.#onRejected = options.onRejected;
  }

  /** Adds `envoy.service.discovery.v3.AggregatedDiscoveryService` to a server. */
  addTo(server: Server): void {
    const handlers: AggregatedDiscoveryServiceHandlers = { DeltaAggregatedResources: (stream) => this.#accept(stream) };
    server.addService(aggregatedDiscoveryService(), { ...handlers });
  }

  /** Whether an Envoy is connected. */
  get connected(): boolean {
    return this.#streams.size > 0;
  }

  /** Publishes a snapshot. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const stream of this.#streams.keys()) this.#send(stream);
    this.#changes.wake();
  }

  /** Resolves once every connected Envoy has answered the whole snapshot (true), or when the time is up (false). */
  settled(timeoutMs: number): Promise<boolean> {
    return this.#changes.until(() => this.#isSettled(), timeoutMs);
  }

  #isSettled(): boolean {
    const snapshot: Snapshot = this.#snapshot ?? new Map();
    return [...this.#streams.values()].every((types) => {
      const clusters = types.get(CLUSTER);
      // Envoy subscribes to the endpoints of the clusters that it has, so never to those of one that it rejected.
      const optional = (name: string) => clusters?.isRejected(name) === true;
      return isSettled(clusters, snapshot) && isSettled(types.get(ENDPOINTS), snapshot, optional);
    });
  }

  #accept(stream: Stream): void {
    this.#streams.set(stream, new Map());
    stream.on('data', (request: DeltaDiscoveryRequest__Output) => this.#receive(stream, request));
    stream.on('end', () => stream.end());
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#changes.wake();
      this.#log.info({ envoys: this.#streams.size }, 'an Envoy has disconnected');
    });
    this.#log.info({ envoys: this.#streams.size }, 'an Envoy has connected');
  }

  #receive(stream: Stream, request: DeltaDiscoveryRequest__Output): void {
    const typeUrl = request.typeUrl ?? '';
    const types = this.#streams.get(stream);
    if (types === undefined || !TYPES.includes(typeUrl)) return;
    const subscription = types.get(typeUrl) ?? new Subscription(typeUrl);
    types.set(typeUrl, subscription);
    const error = request.errorDetail?.message;
    const rejected = subscription.receive({
      subscribe: request.resourceNamesSubscribe ?? [],
      unsubscribe: request.resourceNamesUnsubscribe ?? [],
      initialVersions: new Map(Object.entries(request.initialResourceVersions ?? {})),
      nonce: request.responseNonce ?? '',
      error: request.errorDetail ? (error ?? 'no reason given') : undefined,
    });
    for (const { name } of rejected?.resources ?? []) this.#onRejected(name, error ?? 'no reason given');
    this.#send(stream);
    this.#changes.wake();
  }

  #send(stream: Stream): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    for (const typeUrl of TYPES) {
      const types = this.#streams.get(stream);
      const delta = types?.get(typeUrl)?.next(snapshot);
      if (delta === undefined) continue;
      stream.write(toResponse(typeUrl, delta));
      // Envoy does not use a changed cluster before it gets the endpoints again. It does not ask for them, and waits up to 15 s.
      if (typeUrl === CLUSTER) types?.get(ENDPOINTS)?.repeat(delta.resources.map(({ name }) => name));
    }
  }
}

function isSettled(
  subscription: Subscription | undefined,
  snapshot: Snapshot,
  optional = (_name: string) => false,
): boolean {
  // Envoy subscribes to endpoints only once it has a cluster that needs them.
  return subscription === undefined ? [...snapshot.keys()].every(optional) : subscription.settled(snapshot, optional);
}

function toResponse(typeUrl: string, { nonce, resources, removed }: Delta): DeltaDiscoveryResponse {
  return {
    typeUrl,
    nonce,
    systemVersionInfo: nonce,
    resources: resources.map(({ name, resource }) => ({ name, version: resource.version, resource: resource.any })),
    removedResources: removed,
  };
}
