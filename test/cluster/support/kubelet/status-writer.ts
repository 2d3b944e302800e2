import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError } from '../api.ts';
import { type PodFacts, statusOf, Transitions } from './pod-status.ts';
import type { Pod } from './schema.ts';

const RETRY_MS = 250;

/** Path of a pod in the API. */
export function podPath({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

/** Keeps the status of one pod in the API up to date. */
export class StatusWriter {
  readonly #api: Api;
  readonly #pod: Pod;
  readonly #facts: () => PodFacts;
  readonly #transitions = new Transitions();
  #writing: Promise<void> | undefined;
  #changed = false;
  #ended = false;

  constructor(api: Api, pod: Pod, facts: () => PodFacts) {
    this.#api = api;
    this.#pod = pod;
    this.#facts = facts;
  }

  /** Writes the changed facts. Resolves once they are written; changes in the meantime are written together afterwards. */
  write(): Promise<void> {
    this.#changed = true;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  /** Stops writing. */
  end(): void {
    this.#ended = true;
  }

  async #writeAll(): Promise<void> {
    while (this.#changed && !this.#ended) {
      this.#changed = false;
      const status = statusOf(this.#facts());
      const conditions = this.#transitions.stamp(status.conditions);
      const body = { metadata: { uid: this.#pod.metadata.uid }, status: { ...status, conditions } };
      try {
        await this.#api.patch(`${podPath(this.#pod)}/status`, body, 'strategic');
      } catch (error) {
        // The pod is gone, or another pod has its name.
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) break;
        // The API server is unreachable, or rejects the write for now.
        this.#changed = true;
        await sleep(RETRY_MS);
      }
    }
    this.#writing = undefined;
  }
}
