import type { ServicePorts } from '../objects/services.ts';
import { type ServiceEndpoints, serviceEndpoints } from './endpoints.ts';
import type { EndpointPod } from './pods.ts';
import type { Slice } from './slices.ts';

/** The objects of a namespace by name. The maps are live. */
export interface NamespaceView {
  slices: ReadonlyMap<string, Slice>;
  services: ReadonlyMap<string, ServicePorts>;
  pods: ReadonlyMap<string, EndpointPod>;
}

/** The endpoints of Services. They are computed once, and again only after a change of their slices, Service or pods. */
export class ServiceIndex {
  readonly #view: NamespaceView;
  /** Slices as last indexed, by name. */
  readonly #slices = new Map<string, Slice>();
  /** Names of slices, by Service and by pod. */
  readonly #slicesOfService = new Map<string, Set<string>>();
  readonly #slicesOfPod = new Map<string, Set<string>>();
  /** Computed endpoints, by Service and then by port of the backend. */
  readonly #known = new Map<string, Map<number | string | undefined, ServiceEndpoints>>();

  constructor(view: NamespaceView) {
    this.#view = view;
  }

  /** The endpoints of a Service: the same value until they change. */
  endpointsOf(service: string, port: number | string | undefined): ServiceEndpoints {
    const known = this.#known.get(service) ?? new Map<number | string | undefined, ServiceEndpoints>();
    this.#known.set(service, known);
    const before = known.get(port);
    if (before !== undefined) return before;
    const { slices, services, pods } = this.#view;
    const names = [...(this.#slicesOfService.get(service) ?? [])].sort();
    const after = serviceEndpoints({
      name: service,
      port,
      service: services.get(service),
      slices: names.flatMap((name) => slices.get(name) ?? []),
      podOf: (name) => pods.get(name),
    });
    known.set(port, after);
    return after;
  }

  /** Handles slices that changed. */
  slicesChanged(names: Iterable<string>): void {
    for (const name of names) {
      const before = this.#slices.get(name);
      const after = this.#view.slices.get(name);
      if (before !== undefined) this.#link(name, before, remove);
      if (after === undefined) this.#slices.delete(name);
      else {
        this.#slices.set(name, after);
        this.#link(name, after, add);
      }
      for (const slice of [before, after]) if (slice !== undefined) this.#known.delete(slice.service);
    }
  }

  /** Handles Services that changed. */
  servicesChanged(names: Iterable<string>): void {
    for (const name of names) this.#known.delete(name);
  }

  /** Handles pods that changed. */
  podsChanged(names: Iterable<string>): void {
    for (const name of names) {
      for (const slice of this.#slicesOfPod.get(name) ?? []) {
        const service = this.#slices.get(slice)?.service;
        if (service !== undefined) this.#known.delete(service);
      }
    }
  }

  #link(name: string, { service, endpoints }: Slice, change: typeof add): void {
    change(this.#slicesOfService, service, name);
    for (const { pod } of endpoints) if (pod !== undefined) change(this.#slicesOfPod, pod.name, name);
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key) ?? new Set();
  set.add(value);
  sets.set(key, set);
}

function remove(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
