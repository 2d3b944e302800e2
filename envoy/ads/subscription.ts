import { CLUSTER, type Resource, resourcesOf, type Snapshot } from './snapshot.ts';

/** What is to be sent on one stream for one type. */
export interface Delta {
  nonce: string;
  resources: { name: string; resource: Resource }[];
  removed: string[];
}

/** A request of Envoy for one type, free of protobuf. */
export interface DeltaRequest {
  subscribe: readonly string[];
  unsubscribe: readonly string[];
  /** What Envoy has already, by name: after a reconnection. */
  initialVersions: ReadonlyMap<string, string>;
  /** Nonce of the response that is answered; empty where none is. */
  nonce: string;
  /** Why that response was refused; undefined when it was accepted. */
  error: string | undefined;
}

/**
 * The state of one type on one delta stream (Envoy, xDS protocol, "Incremental xDS"): what Envoy asked for, what it has, and
 * the one response that it has not answered yet. Clusters are subscribed as a whole, endpoints by name.
 */
export class Subscription {
  readonly #typeUrl: string;
  readonly #subscribed = new Set<string>();
  readonly #versions = new Map<string, string>();
  /** Versions that Envoy refused, by name; they are not sent again. */
  readonly #refused = new Map<string, string>();
  #wildcard = false;
  #first = true;
  #greeted = false;
  #pending: Delta | undefined;
  /** Names whose answer on the way does not count: it was sent before they had to be said again. */
  readonly #stale = new Set<string>();
  #nonces = 0;

  constructor(typeUrl: string) {
    this.#typeUrl = typeUrl;
  }

  /** Takes in a request. Returns the delta that Envoy refused with it, if it did. */
  receive(request: DeltaRequest): Delta | undefined {
    // Without a name, the first request for clusters asks for all of them.
    if (this.#first && this.#typeUrl === CLUSTER && request.subscribe.length === 0) this.#wildcard = true;
    if (this.#first) for (const [name, version] of request.initialVersions) this.#versions.set(name, version);
    this.#first = false;
    const refused = this.#answer(request);
    for (const name of request.subscribe) {
      if (name === '*') this.#wildcard = true;
      else {
        this.#subscribed.add(name);
        // A name that is asked for again must be answered again, even when nothing changed.
        if (!request.initialVersions.has(name)) this.repeat([name]);
      }
    }
    for (const name of request.unsubscribe) {
      if (name === '*') this.#wildcard = false;
      this.#subscribed.delete(name);
      this.#versions.delete(name);
    }
    return refused;
  }

  /** The next response for this snapshot; undefined while there is nothing to say or one is not answered yet. */
  next(snapshot: Snapshot): Delta | undefined {
    if (this.#pending !== undefined || this.#first) return undefined;
    for (const name of this.#refused.keys()) if (!snapshot.has(name)) this.#refused.delete(name);
    const delta = this.#difference(snapshot);
    // Whoever asks for everything is told, also that there is nothing: Envoy listens only after its first answer.
    const greets = this.#wildcard && !this.#greeted;
    if (delta.resources.length === 0 && delta.removed.length === 0 && !greets) return undefined;
    this.#greeted = true;
    this.#pending = delta;
    this.#stale.clear();
    return delta;
  }

  /** Says these resources again, if Envoy asked for them, although it has them already. */
  repeat(names: Iterable<string>): void {
    for (const name of names) {
      this.#versions.delete(name);
      if (this.#pending !== undefined) this.#stale.add(name);
    }
  }

  /** Whether Envoy refused what it was last sent under this name. */
  refuses(name: string): boolean {
    return this.#refused.has(name);
  }

  /** Whether Envoy has answered everything that this snapshot says, and asked for all of it but the `optional` names. */
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
        this.#took(name, resource.version);
      }
      for (const name of answered.removed) this.#versions.delete(name);
      return undefined;
    }
    // Envoy took the sound ones of a refused response and names the others in its error.
    const named = answered.resources.filter(({ name }) => names(error, name));
    const refused = named.length > 0 ? named : answered.resources;
    for (const { name, resource } of answered.resources) {
      if (refused.some((other) => other.name === name)) this.#refused.set(name, resource.version);
      else this.#took(name, resource.version);
    }
    for (const name of answered.removed) this.#versions.delete(name);
    return { ...answered, resources: refused };
  }

  #took(name: string, version: string): void {
    if (!this.#stale.has(name)) this.#versions.set(name, version);
    this.#refused.delete(name);
  }

  #difference(snapshot: Snapshot): Delta {
    const resources: Delta['resources'] = [];
    for (const name of this.#wildcard ? snapshot.keys() : this.#subscribed) {
      const resource = resourcesOf(snapshot, this.#typeUrl, name);
      if (resource === undefined) continue;
      const { version } = resource;
      if (this.#versions.get(name) !== version && this.#refused.get(name) !== version)
        resources.push({ name, resource });
    }
    const removed = [...this.#versions.keys()].filter(
      (name) => resourcesOf(snapshot, this.#typeUrl, name) === undefined,
    );
    return { nonce: String(++this.#nonces), resources, removed };
  }
}

// As a whole word: one name may be the beginning of another.
function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = [text[at - 1], text[at + name.length]];
    if (!around.some((character) => /[A-Za-z0-9/-]/.test(character ?? ''))) return true;
  }
  return false;
}
