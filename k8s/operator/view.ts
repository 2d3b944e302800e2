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

/** Pods of a backend that are looked at: as many as it may have. Somebody else may scale a StatefulSet to thousands of millions. */
const MAX_PODS = 100;

/** What is looked at, and who is told. */
export interface ViewOptions {
  client: KubeClient;
  /** Namespace of the backends. */
  namespace: string;
  log: Logger;
  /** Called with the names of backends that something changed for, once all is known. */
  onChange: (backends: Iterable<string>) => void;
}

/** All that the operator knows of the namespace of the backends. */
export class ClusterView {
  readonly backends: Informer<BackendObject>;
  readonly #owned: ReadonlyMap<Resource, Informer<OwnedObject>>;
  readonly #services: Informer<ServiceState>;
  readonly #pods: Informer<Pod>;
  readonly #slices: Informer<SliceState>;
  readonly #failures: Informer<FailedCreate>;
  /** The Service of each slice that was seen, for those that are gone. */
  readonly #serviceOf = new Map<string, string>();
  #announced = false;

  constructor(options: ViewOptions) {
    const { client, namespace, log } = options;
    const common = { client, namespace, log };
    const tell = (names: Iterable<string>, backendOf: (name: string) => string | undefined) => {
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
      onChange: (names) => tell(names, (name) => name),
    });
    const owned = (resource: Resource) =>
      new Informer({
        ...common,
        resource,
        parse: (object) => ofOurName(parseOwned(object)),
        onChange: (names) => tell(names, backendOfWorkload),
      });
    this.#services = new Informer({
      ...common,
      resource: SERVICES,
      parse: parseServiceState,
      onChange: (names) => {
        tell(names, backendOfWorkload);
        tell(this.#usersOf(names), (name) => name);
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
      onChange: (names) => tell(names, backendOfPod),
    });
    this.#slices = new Informer({
      ...common,
      resource: ENDPOINT_SLICES,
      // Those of our own pods say nothing that the pods do not.
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
        tell(this.#usersOf(services), (name) => name);
      },
    });
    this.#failures = new Informer({
      ...common,
      resource: CORE_EVENTS,
      fieldSelector: 'involvedObject.kind=StatefulSet,reason=FailedCreate',
      parse: parseFailedCreate,
      onChange: (names) =>
        tell(names, (name) => {
          const failure = this.#failures.items.get(name);
          return failure && backendOfWorkload(failure.workload);
        }),
    });
  }

  /** Whether all was listed once. */
  get synced(): boolean {
    return this.#all().every(({ synced }) => synced);
  }

  /** What of it cannot be read at the moment, and why. */
  get problems(): string[] {
    return this.#all().flatMap(({ problem }) => problem ?? []);
  }

  /** An object that has the name of those which the operator makes for a backend. */
  owned(resource: Resource, backend: string): OwnedObject | undefined {
    return this.#owned.get(resource)?.items.get(workloadName(backend));
  }

  /** Pods of a backend, of the ordinals that it should have. */
  pods(backend: string, replicas: number): Pod[] {
    const wanted = Math.min(replicas, MAX_PODS);
    const names = Array.from({ length: wanted }, (_, ordinal) => `${workloadName(backend)}-${ordinal}`);
    return names.flatMap((name) => this.#pods.items.get(name) ?? []);
  }

  /** The last failure to make a pod of the StatefulSet with this uid, after a time in milliseconds since the epoch. */
  failedCreate(uid: string, afterMs: number): FailedCreate | undefined {
    const own = [...this.#failures.items.values()].filter((failure) => failure.uid === uid && failure.atMs > afterMs);
    return own.sort((a, b) => a.atMs - b.atMs).at(-1);
  }

  /** Ports of a Service; undefined where there is none. */
  ports(service: string): ServicePorts['ports'] | undefined {
    return this.#services.items.get(service)?.ports;
  }

  /** EndpointSlices of a Service. */
  slices(service: string): SliceState[] {
    return [...this.#slices.items.values()].filter((slice) => slice.service === service);
  }

  /** Stops looking. */
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

function ofOurName(object: OwnedObject | undefined): OwnedObject | undefined {
  return object !== undefined && backendOfWorkload(object.name) !== undefined ? object : undefined;
}
