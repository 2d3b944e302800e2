import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { SecretState, SecretStore } from '../../runtime/registry/source.ts';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { SECRETS } from '../api/resources.ts';
import { secretTexts } from '../objects/secrets.ts';

/** How often a Secret is read again. */
const POLL_MS = 10_000;
/** How often a missing Secret is looked up again. */
const MISSING_POLL_MS = 2_000;
/** With many Secrets, at most 50 are read per second. */
const POLL_EACH_MS = 20;
const MAX_READERS = 8;

/** Options of a Secret store. */
export interface ClusterSecretStoreOptions {
  client: KubeClient;
  namespace: string;
  log: Logger;
  /** Called after each change of the state of a Secret. */
  onChange: () => void;
}

/**
 * Secrets of one namespace, each read by name and polled. They are not watched: watching needs the permission to list all Secrets of
 * the namespace, including those that no backend names.
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
    if (this.#readers >= MAX_READERS) return;
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
        this.#options.log.warn({ secret: name, ...Object(state) }, 'Secret cannot be used');
      this.#options.onChange();
    }
    this.#readers -= 1;
  }

  async #ask(name: string): Promise<SecretState> {
    const { client, namespace } = this.#options;
    try {
      return { data: secretTexts(await client.get(SECRETS, { namespace, name })) };
    } catch (error) {
      if (isApiError(error, 'not-found')) return { problem: `the Secret ${name} does not exist` };
      if (isApiError(error, 'forbidden')) return { problem: `the gateway is not allowed to read the Secret ${name}` };
      // The read failed, so the last known state is kept.
      const before = this.get(name);
      return before === 'unknown' ? { problem: `the Secret ${name} cannot be read: ${messageOf(error)}` } : before;
    }
  }
}

function isMissing(state: SecretState): state is { problem: string } {
  return state !== 'unknown' && 'problem' in state;
}
