import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from '../api/client.ts';
import { Informer } from '../api/informer.ts';
import { CORE_EVENTS, ENDPOINT_SLICES, MCP_BACKENDS, PODS, type Resource, SERVICES } from '../api/resources.ts';
import { BACKEND_LABEL, backendOfPod, backendOfWorkload, workloadName } from '../mcpbackend/names.ts';
import { type BackendObject, parseBackendObject } from '../mcpbackend/object.ts';
import { type Pod, parsePod } from '../objects/pods.ts';
import type { ServicePorts } from '../objects/services.ts';
import {
  type FailedCreate,
  type OwnedObject,
  parseFailedCreate,
  parseOwned,
  parseServiceState,
  parseSliceState,
  type ServiceState,
  type SliceState,
} from './observed.ts';
import { DISRUPTION_BUDGETS, STATEFUL_SETS } from './resources.ts';

/** Maximum number of pods examined per backend: as many as one may have. Other clients can scale a StatefulSet to any number. */
const MAX_PODS = 100;

/** Options of a cluster view. */
export interface ViewOptions {
  client: KubeClient;
  /** Namespace of the backends. */
  namespace: string;
  log: Logger;
  /** Called with the names of the backends that are affected by a change, once everything has been listed. */
  onChange: (backends: Iterable<string>) => void;
}

/** Everything that the operator knows about the namespace of the backends. */
export class ClusterView {
  readonly backends: Informer<BackendObject>;
  readonly #owned: ReadonlyMap<Resource, Informer<OwnedObject>>;
  readonly #services: Informer<ServiceState>;
  readonly #pods: Informer<Pod>;
  readonly #slices: Informer<SliceState>;
  readonly #failures: Informer<FailedCreate>;
  /** The Service of each slice that was seen, needed once the slice is deleted. */
  readonly #serviceOf = new Map<string, string>();
  #announced = false;

  constructor(options: ViewOptions) {
    const { client, namespace, log } = options;
    const common = { client, namespace, log };
    const report = (names: Iterable<string>, backendOf: (name: string) => string | undefined) => {
      if (!this.synced) return;
      const changed = this.#announced
        ? [...names].flatMap((name) => backendOf(name) ?? [])
        : [...this.backends.items.keys()];
      this.#announced = true;
      options.onChange(changed);
    };
    this.backends = new Informer({
      ...common,
      resource: MCP_BACKENDS,
      parse: parseBackendObject,
      onChange: (names) => report(names, (name) => name),
    });
    const owned = (resource: Resource) =>
      new Informer({
        ...common,
        resource,
        parse: (object) => withOperatorName(parseOwned(object)),
        onChange: (names) => report(names, backendOfWorkload),
      });
    this.#services = new Informer({
      ...common,
      resource: SERVICES,
      parse: parseServiceState,
      onChange: (names) => {
        report(names, backendOfWorkload);
        report(this.#usersOf(names), (name) => name);
      },
    });
    this.#owned = new Map<Resource, Informer<OwnedObject>>([
      [STATEFUL_SETS, owned(STATEFUL_SETS)],
      [DISRUPTION_BUDGETS, owned(DISRUPTION_BUDGETS)],
      [SERVICES, this.#services],
    ]);
    this.#pods = new Informer({
      ...common,
      resource: PODS,
      labelSelector: BACKEND_LABEL,
      parse: parsePod,
      onChange: (names) => report(names, backendOfPod),
    });
    this.#slices = new Informer({
      ...common,
      resource: ENDPOINT_SLICES,
      // Slices of the operator's own pods add nothing to what the pods report.
      labelSelector: `!${BACKEND_LABEL}`,
      parse: parseSliceState,
      onChange: (names) => {
        const services = new Set<string>();
        for (const name of names) {
          const service = this.#slices.items.get(name)?.service ?? this.#serviceOf.get(name);
          if (service === undefined) continue;
          services.add(service);
          if (this.#slices.items.has(name)) this.#serviceOf.set(name, service);
          else this.#serviceOf.delete(name);
        }
        report(this.#usersOf(services), (name) => name);
      },
    });
    this.#failures = new Informer({
      ...common,
      resource: CORE_EVENTS,
      fieldSelector: 'involvedObject.kind=StatefulSet,reason=FailedCreate',
      parse: parseFailedCreate,
      onChange: (names) =>
        report(names, (name) => {
          const failure = this.#failures.items.get(name);
          return failure && backendOfWorkload(failure.workload);
        }),
    });
  }

  /** Whether everything was listed at least once. */
  get synced(): boolean {
    return this.#all().every(({ synced }) => synced);
  }

  /** Why some kinds cannot be read at the moment. */
  get problems(): string[] {
    return this.#all().flatMap(({ problem }) => problem ?? []);
  }

  /** The object of this kind that has the name the operator uses for a backend. */
  owned(resource: Resource, backend: string): OwnedObject | undefined {
    return this.#owned.get(resource)?.items.get(workloadName(backend));
  }

  /** The existing pods of a backend, among the ordinals that it should have. */
  pods(backend: string, replicas: number): Pod[] {
    const wanted = Math.min(replicas, MAX_PODS);
    const names = Array.from({ length: wanted }, (_, ordinal) => `${workloadName(backend)}-${ordinal}`);
    return names.flatMap((name) => this.#pods.items.get(name) ?? []);
  }

  /** The last failed attempt of the StatefulSet with this uid to create a pod, after a time in milliseconds since the epoch. */
  failedCreate(uid: string, afterMs: number): FailedCreate | undefined {
    const own = [...this.#failures.items.values()].filter((failure) => failure.uid === uid && failure.atMs > afterMs);
    return own.sort((a, b) => a.atMs - b.atMs).at(-1);
  }

  /** Ports of a Service; undefined if it does not exist. */
  ports(service: string): ServicePorts['ports'] | undefined {
    return this.#services.items.get(service)?.ports;
  }

  /** EndpointSlices of a Service. */
  slices(service: string): SliceState[] {
    return [...this.#slices.items.values()].filter((slice) => slice.service === service);
  }

  /** Stops watching. */
  close(): void {
    for (const informer of this.#all()) informer.close();
  }

  #all(): Informer<unknown>[] {
    return [this.backends, ...this.#owned.values(), this.#pods, this.#slices, this.#failures];
  }

  #usersOf(services: Iterable<string>): string[] {
    const names = new Set(services);
    return [...this.backends.items.values()].flatMap(({ name, backend }) =>
      backend.ok && backend.value.service !== undefined && names.has(backend.value.service.name) ? name : [],
    );
  }
}

function withOperatorName(object: OwnedObject | undefined): OwnedObject | undefined {
  return object !== undefined && backendOfWorkload(object.name) !== undefined ? object : undefined;
}
