import { CLUSTER, type Resource, resourcesOf, type Snapshot } from './snapshot.ts';

/** A response for one type on one stream. */
export interface Delta {
  nonce: string;
  resources: { name: string; resource: Resource }[];
  removed: string[];
}

/** A request from Envoy for one type, without protobuf types. */
export interface DeltaRequest {
  subscribe: readonly string[];
  unsubscribe: readonly string[];
  /** Versions that Envoy already has after it reconnected, by name. */
  initialVersions: ReadonlyMap<string, string>;
  /** Nonce of the response that this request answers; empty if it answers none. */
  nonce: string;
  /** Why Envoy rejected that response; undefined if it accepted it. */
  error: string | undefined;
}

/**
 * The state of one type on one delta stream (Envoy, xDS protocol, "Incremental xDS"): what Envoy subscribed to, what it has, and
 * the one response that it has not answered yet. Envoy subscribes to all clusters, and to endpoints by name.
 */
export class Subscription {
  readonly #typeUrl: string;
  readonly #subscribed = new Set<string>();
  readonly #versions = new Map<string, string>();
  /** Versions that Envoy rejected, by name. They are not sent again. */
  readonly #rejected = new Map<string, string>();
  #wildcard = false;
  #first = true;
  #answeredOnce = false;
  #pending: Delta | undefined;
  /** Names whose pending answer does not count, because they had to be sent again after the response was sent. */
  readonly #stale = new Set<string>();
  #nonces = 0;

  constructor(typeUrl: string) {
    this.#typeUrl = typeUrl;
  }

  /** Processes a request. Returns the resources that Envoy rejected with it, if any. */
  receive(request: DeltaRequest): Delta | undefined {
    // A first request for clusters that names none subscribes to all of them.
    if (this.#first && this.#typeUrl === CLUSTER && request.subscribe.length === 0) this.#wildcard = true;
    if (this.#first) for (const [name, version] of request.initialVersions) this.#versions.set(name, version);
    this.#first = false;
    const rejected = this.#answer(request);
    for (const name of request.subscribe) {
      if (name === '*') this.#wildcard = true;
      else {
        this.#subscribed.add(name);
        // A name that is subscribed to again must be sent again, even if nothing changed.
        if (!request.initialVersions.has(name)) this.repeat([name]);
      }
    }
    for (const name of request.unsubscribe) {
      if (name === '*') this.#wildcard = false;
      this.#subscribed.delete(name);
      this.#versions.delete(name);
    }
    return rejected;
  }

  /** The next response for this snapshot; undefined if there is nothing to send or a response is not answered yet. */
  next(snapshot: Snapshot): Delta | undefined {
    if (this.#pending !== undefined || this.#first) return undefined;
    for (const name of this.#rejected.keys()) if (!snapshot.has(name)) this.#rejected.delete(name);
    const delta = this.#difference(snapshot);
    // A subscription to all clusters gets a response even if there are none: Envoy opens its listeners only after the first one.
    const isFirst = this.#wildcard && !this.#answeredOnce;
    if (delta.resources.length === 0 && delta.removed.length === 0 && !isFirst) return undefined;
    this.#answeredOnce = true;
    this.#pending = delta;
    this.#stale.clear();
    return delta;
  }

  /** Sends these resources again although Envoy has them, if it subscribed to them. */
  repeat(names: Iterable<string>): void {
    for (const name of names) {
      this.#versions.delete(name);
      if (this.#pending !== undefined) this.#stale.add(name);
    }
  }

  /** Whether Envoy rejected the newest version of a name that it was sent. */
  isRejected(name: string): boolean {
    return this.#rejected.has(name);
  }

  /** Whether Envoy has answered all of this snapshot, and has subscribed to every name that is not `optional`. */
  settled(snapshot: Snapshot, optional: (name: string) => boolean = () => false): boolean {
    if (this.#pending !== undefined || this.#first) return false;
    const asked = this.#wildcard || [...snapshot.keys()].every((name) => this.#subscribed.has(name) || optional(name));
    const { resources, removed } = this.#difference(snapshot);
    return asked && resources.length === 0 && removed.length === 0;
  }

  #answer({ nonce, error }: DeltaRequest): Delta | undefined {
    const answered = this.#pending;
    if (answered === undefined || answered.nonce !== nonce) return undefined;
    this.#pending = undefined;
    if (error === undefined) {
      for (const { name, resource } of answered.resources) {
        this.#accepted(name, resource.version);
      }
      for (const name of answered.removed) this.#versions.delete(name);
      return undefined;
    }
    // Envoy accepts the valid resources of a response that it rejects, and names the others in its error.
    const named = answered.resources.filter(({ name }) => names(error, name));
    const rejected = named.length > 0 ? named : answered.resources;
    for (const { name, resource } of answered.resources) {
      if (rejected.some((other) => other.name === name)) this.#rejected.set(name, resource.version);
      else this.#accepted(name, resource.version);
    }
    for (const name of answered.removed) this.#versions.delete(name);
    return { ...answered, resources: rejected };
  }

  #accepted(name: string, version: string): void {
    if (!this.#stale.has(name)) this.#versions.set(name, version);
    this.#rejected.delete(name);
  }

  #difference(snapshot: Snapshot): Delta {
    const resources: Delta['resources'] = [];
    for (const name of this.#wildcard ? snapshot.keys() : this.#subscribed) {
      const resource = resourcesOf(snapshot, this.#typeUrl, name);
      if (resource === undefined) continue;
      const { version } = resource;
      if (this.#versions.get(name) !== version && this.#rejected.get(name) !== version)
        resources.push({ name, resource });
    }
    const removed = [...this.#versions.keys()].filter(
      (name) => resourcesOf(snapshot, this.#typeUrl, name) === undefined,
    );
    return { nonce: String(++this.#nonces), resources, removed };
  }
}

// Compares whole words, because one name may be a prefix of another.
function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = [text[at - 1], text[at + name.length]];
    if (!around.some((character) => /[A-Za-z0-9/-]/.test(character ?? ''))) return true;
  }
  return false;
}
