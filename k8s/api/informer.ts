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

/** Number of consecutive failed watches after which the objects are listed again. */
const FAILURES_UNTIL_LIST = 4;
/** A watch that lasted this long counts as a success. */
const STEADY_MS = 1_000;

/** What an informer keeps, and how it reports changes. */
export interface InformerOptions<T> {
  client: KubeClient;
  resource: Resource;
  /** Undefined: all namespaces; objects are then named `namespace/name`. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  /** What to keep of an object; undefined: ignore the object. It must not throw. */
  parse: (object: unknown) => T | undefined;
  /**
   * Called with the names of the objects that were added, changed or removed: first after the initial list, even if it is empty, then
   * after each change. Changes that arrive together are reported in one call.
   */
  onChange: (names: ReadonlySet<string>) => void;
  log: Logger;
}

/**
 * The objects of one kind in the cluster: listed once, then watched. While the API server is unreachable the last known state is
 * kept, and retries back off up to 5 s. Each watch continues where the last one ended; if the API server no longer has that version,
 * the objects are listed again.
 */
export class Informer<T> {
  readonly #options: InformerOptions<T>;
  readonly #items = new Map<string, T>();
  /** Versions of all objects that were seen, including those that `parse` ignored. */
  readonly #versions = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #closing = new AbortController();
  #listed = false;
  #synced = false;
  /** When the current watch began; undefined if there is none. */
  #watchingSinceMs: number | undefined;
  #flush: NodeJS.Immediate | undefined;
  #problem: string | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    void this.#run();
  }

  /** The kept objects by name. The map is live; its values are replaced, never changed. */
  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** Whether the objects were listed and reported at least once. It stays true while the API server is unreachable. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Why the objects cannot be read at the moment; undefined if they can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Stops. No change is reported after that. */
  close(): void {
    this.#closing.abort();
    clearImmediate(this.#flush);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff();
    let version: string | undefined;
    let failures = 0;
    let relisting = false;
    while (!signal.aborted) {
      this.#watchingSinceMs = undefined;
      try {
        if (version === undefined) {
          version = await this.#list();
          // Do not reset after 410 Gone, or relisting would never back off.
          if (!relisting) backoff.reset();
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
        if (this.#watchingSinceMs !== undefined && performance.now() - this.#watchingSinceMs > STEADY_MS)
          backoff.reset();
        // 410 Gone is normal: it is neither logged nor reported as a problem.
        const gone = isApiError(error, 'gone');
        relisting = gone;
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
    this.#scheduleReport();
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
    this.#watchingSinceMs = performance.now();
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
    this.#scheduleReport();
  }

  // Nothing is reported while the first list is incomplete.
  #scheduleReport(): void {
    if (!this.#listed || this.#flush !== undefined) return;
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      if (this.#changed.size === 0 && this.#synced) return;
      this.#synced = true;
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
    const then = this.#listed ? 'keeping the last known state' : 'retrying until they can be read';
    const { log, resource } = this.#options;
    // Each problem is logged once, not at each retry.
    if (problem !== this.#problem) log.warn({ resource: resource.plural, reason: problem }, `${problem}; ${then}`);
    this.#problem = problem;
  }

  #recovered(): void {
    const { log, resource } = this.#options;
    if (this.#problem !== undefined) log.info({ resource: resource.plural }, `${resource.plural} can be read again`);
    this.#problem = undefined;
  }
}
