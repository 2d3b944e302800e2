import type { ServicePorts } from '../objects/services.ts';
import { type ServiceEndpoints, serviceEndpoints } from './endpoints.ts';
import type { EndpointPod } from './pods.ts';
import type { Slice } from './slices.ts';

/** What is known of a namespace. The maps are live, by the names of the objects. */
export interface NamespaceView {
  slices: ReadonlyMap<string, Slice>;
  services: ReadonlyMap<string, ServicePorts>;
  pods: ReadonlyMap<string, EndpointPod>;
}

/** The endpoints of Services, worked out once and again only when a part of them changed. */
export class ServiceIndex {
  readonly #view: NamespaceView;
  /** As they were last looked at, by name. */
  readonly #slices = new Map<string, Slice>();
  /** Names of slices. */
  readonly #slicesOfService = new Map<string, Set<string>>();
  readonly #slicesOfPod = new Map<string, Set<string>>();
  /** By Service, then by the port that is meant. */
  readonly #known = new Map<string, Map<number | string | undefined, ServiceEndpoints>>();

  constructor(view: NamespaceView) {
    this.#view = view;
  }

  /** The endpoints of a Service: the same value until something of it changes. */
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

  /** Slices that changed. */
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

  /** Services that changed. */
  servicesChanged(names: Iterable<string>): void {
    for (const name of names) this.#known.delete(name);
  }

  /** Pods that changed. */
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
