import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { SecretState, SecretStore } from '../../runtime/registry/source.ts';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { SECRETS } from '../api/resources.ts';
import { secretTexts } from '../objects/secrets.ts';

/** How long a change of a Secret may go unnoticed. */
const POLL_MS = 10_000;
/** How long it takes until a Secret that was missing is seen. */
const MISSING_POLL_MS = 2_000;
/** Where many are read, no more than 50 a second. */
const POLL_EACH_MS = 20;
const AT_ONCE = 8;

/** What Secrets are read with. */
export interface ClusterSecretStoreOptions {
  client: KubeClient;
  namespace: string;
  log: Logger;
  /** Called after each change of what is known of one. */
  onChange: () => void;
}

/**
 * Secrets of one namespace, each read by its name and again from time to time. They are not watched: for that, whoever reads them
 * would have to be allowed to list all of the namespace, those too that no backend names.
 */
export class ClusterSecretStore implements SecretStore {
  readonly #options: ClusterSecretStoreOptions;
  readonly #states = new Map<string, SecretState>();
  readonly #closing = new AbortController();
  readonly #queue = new Set<string>();
  #readers = 0;

  constructor(options: ClusterSecretStoreOptions) {
    this.#options = options;
    void this.#poll(POLL_MS, (state) => !isMissing(state));
    void this.#poll(MISSING_POLL_MS, isMissing);
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#states.keys()) if (!names.has(name)) this.#states.delete(name);
    for (const name of names) {
      if (this.#states.has(name)) continue;
      this.#states.set(name, 'unknown');
      this.#read(name);
    }
  }

  get(name: string): SecretState {
    return this.#states.get(name) ?? 'unknown';
  }

  /** Stops reading. */
  close(): void {
    this.#closing.abort();
    this.#queue.clear();
  }

  async #poll(pollMs: number, wanted: (state: SecretState) => boolean): Promise<void> {
    const { signal } = this.#closing;
    const names = () => [...this.#states].filter(([, state]) => wanted(state)).map(([name]) => name);
    while (!signal.aborted) {
      await sleep(Math.max(pollMs, names().length * POLL_EACH_MS), undefined, { signal }).catch(() => undefined);
      for (const name of names()) this.#read(name);
    }
  }

  #read(name: string): void {
    if (this.#closing.signal.aborted) return;
    this.#queue.add(name);
    if (this.#readers >= AT_ONCE) return;
    this.#readers += 1;
    void this.#work();
  }

  async #work(): Promise<void> {
    for (;;) {
      const [name] = this.#queue;
      if (name === undefined) break;
      this.#queue.delete(name);
      const state = await this.#ask(name);
      const before = this.#states.get(name);
      if (before === undefined || isDeepStrictEqual(state, before) || this.#closing.signal.aborted) continue;
      this.#states.set(name, state);
      if ('problem' in Object(state))
        this.#options.log.warn({ secret: name, ...Object(state) }, 'a Secret cannot be read');
      this.#options.onChange();
    }
    this.#readers -= 1;
  }

  async #ask(name: string): Promise<SecretState> {
    const { client, namespace } = this.#options;
    try {
      return { data: secretTexts(await client.get(SECRETS, { namespace, name })) };
    } catch (error) {
      if (isApiError(error, 'not-found')) return { problem: `the Secret ${name} is not there` };
      if (isApiError(error, 'forbidden')) return { problem: `the gateway may not read the Secret ${name}` };
      // Nothing was learned; what was known holds on.
      const before = this.get(name);
      return before === 'unknown' ? { problem: `the Secret ${name} cannot be read: ${messageOf(error)}` } : before;
    }
  }
}

function isMissing(state: SecretState): state is { problem: string } {
  return state !== 'unknown' && 'problem' in state;
}
