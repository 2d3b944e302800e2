import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { Backoff } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { listAll } from './list.ts';
import { metadataOf, type ObjectMetadata } from './metadata.ts';
import type { Resource } from './resources.ts';
import { watchOnce } from './watch.ts';

/** So many watches that fail one after the other let the objects be listed anew. */
const FAILURES_UNTIL_LIST = 4;
/** A watch that held so long was no part of the trouble before it. */
const STEADY_MS = 1_000;

/** What is kept, and who is told. */
export interface InformerOptions<T> {
  client: KubeClient;
  resource: Resource;
  /** Undefined: all namespaces, and objects are known as `namespace/name`. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  /** What is kept of an object; undefined: nothing, as if it were not there. It must not throw. */
  parse: (object: unknown) => T | undefined;
  /**
   * Called with the names of what is new, other or gone: first when all was listed, also when there is nothing, then after each
   * change. Changes that come in one go are told in one call.
   */
  onChange: (names: ReadonlySet<string>) => void;
  log: Logger;
}

/**
 * The objects of one kind as the cluster has them: listed once, then watched. While the API server is away the last known state
 * stays, and it is sought again, later each time up to 5 s. A watch goes on where the last one ended; where the API server
 * has forgotten that place, all is listed anew.
 */
export class Informer<T> {
  readonly #options: InformerOptions<T>;
  readonly #items = new Map<string, T>();
  /** Versions of all objects that were seen, of those too of which nothing is kept. */
  readonly #versions = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #closing = new AbortController();
  #listed = false;
  #told = false;
  /** Since when the watch of now stands; undefined while it does not. */
  #standsMs: number | undefined;
  #flush: NodeJS.Immediate | undefined;
  #problem: string | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    void this.#run();
  }

  /** What is known, by name. The map is live; values are never changed, only replaced. */
  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** Whether everything was listed and told at least once. It stays true while the API server is away. */
  get synced(): boolean {
    return this.#told;
  }

  /** Why nothing new can be learned at the moment; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Stops. Nothing is told any more. */
  close(): void {
    this.#closing.abort();
    clearImmediate(this.#flush);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff();
    let version: string | undefined;
    let failures = 0;
    let forgotten = false;
    while (!signal.aborted) {
      this.#standsMs = undefined;
      try {
        if (version === undefined) {
          version = await this.#list();
          // Not where this is what follows a forgotten place: listing over and over is what must become rare.
          if (!forgotten) backoff.reset();
        }
        version = await this.#watch(version, (seen) => {
          version = seen;
          failures = 0;
          backoff.reset();
        });
        failures = 0;
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        if (this.#standsMs !== undefined && performance.now() - this.#standsMs > STEADY_MS) backoff.reset();
        // That the API server forgot a place is nobody's failure, and no news.
        const gone = isApiError(error, 'gone');
        forgotten = gone;
        if (!gone) this.#failed(error);
        failures += 1;
        if (gone || failures >= FAILURES_UNTIL_LIST) {
          version = undefined;
          failures = 0;
        }
        await backoff.pause(isApiError(error) ? error.retryAfterMs : undefined, signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { client, resource, namespace, labelSelector, fieldSelector } = this.#options;
    const selectors = { labelSelector, fieldSelector };
    const seen = new Set<string>();
    const take = (object: unknown) => {
      const metadata = metadataOf(object);
      if (metadata === undefined) return;
      seen.add(this.#nameOf(metadata));
      this.#put(metadata, object);
    };
    const version = await listAll({ client, resource, namespace, selectors, signal: this.#closing.signal, take });
    for (const name of this.#versions.keys()) if (!seen.has(name)) this.#remove(name);
    this.#listed = true;
    this.#recovered();
    this.#tell();
    return version;
  }

  #watch(from: string, onProgress: (version: string) => void): Promise<string> {
    const { client, resource, namespace, labelSelector, fieldSelector } = this.#options;
    return watchOnce({
      ...{ client, resource, namespace, selectors: { labelSelector, fieldSelector } },
      ...{ from, signal: this.#closing.signal, onProgress, onBegin: () => this.#begin() },
      onEvent: (type, metadata, object) => {
        if (type === 'DELETED') this.#remove(this.#nameOf(metadata));
        else this.#put(metadata, object);
      },
    });
  }

  #begin(): void {
    this.#standsMs = performance.now();
    this.#recovered();
  }

  #put(metadata: ObjectMetadata, object: unknown): void {
    const name = this.#nameOf(metadata);
    if (this.#versions.get(name) === metadata.resourceVersion) return;
    this.#versions.set(name, metadata.resourceVersion);
    const before = this.#items.get(name);
    const after = this.#options.parse(object);
    if (isDeepStrictEqual(before, after)) return;
    if (after === undefined) this.#items.delete(name);
    else this.#items.set(name, after);
    this.#note(name);
  }

  #remove(name: string): void {
    this.#versions.delete(name);
    if (this.#items.delete(name)) this.#note(name);
  }

  #note(name: string): void {
    this.#changed.add(name);
    this.#tell();
  }

  // Nothing is told of half a list.
  #tell(): void {
    if (!this.#listed || this.#flush !== undefined) return;
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      if (this.#changed.size === 0 && this.#told) return;
      this.#told = true;
      const names = new Set(this.#changed);
      this.#changed.clear();
      this.#options.onChange(names);
    });
  }

  #nameOf({ name, namespace }: ObjectMetadata): string {
    return this.#options.namespace === undefined && namespace !== '' ? `${namespace}/${name}` : name;
  }

  #failed(error: unknown): void {
    const problem = messageOf(error);
    const then = this.#listed ? 'what was last known goes on' : 'it is tried again until it can be read';
    const { log, resource } = this.#options;
    // The same words again and again would only hide what is new.
    if (problem !== this.#problem) log.warn({ resource: resource.plural, reason: problem }, `${problem}; ${then}`);
    this.#problem = problem;
  }

  #recovered(): void {
    const { log, resource } = this.#options;
    if (this.#problem !== undefined) log.info({ resource: resource.plural }, `${resource.plural} can be read again`);
    this.#problem = undefined;
  }
}
