import type { Backend } from '../core/registry/backend.ts';
import { runsProcesses } from '../core/registry/runs.ts';
import { BackendReplicas, type ReplicasOptions } from './replicas.ts';

/** Runs the processes of all backends of a registry that have any: servers, and bridges to servers. */
export class Runner {
  readonly #options: ReplicasOptions;
  readonly #running = new Map<string, BackendReplicas>();
  readonly #leaving = new Map<string, BackendReplicas>();

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** Applies the backends of the registry. */
  update(backends: ReadonlyMap<string, Backend>): void {
    for (const backend of backends.values()) {
      if (!runsProcesses(backend)) continue;
      // A backend that returns while its processes still drain gets new ones beside them.
      const running = this.#running.get(backend.name) ?? this.#leaving.get(backend.name);
      this.#leaving.delete(backend.name);
      if (running !== undefined) this.#running.set(backend.name, running);
      if (running === undefined) this.#running.set(backend.name, new BackendReplicas(backend, this.#options));
      else running.update(backend);
    }
    for (const [name, replicas] of this.#running) {
      const backend = backends.get(name);
      if (backend !== undefined && runsProcesses(backend)) continue;
      this.#running.delete(name);
      this.#leaving.set(name, replicas);
      void replicas.remove().then(() => {
        // The backend may have returned and left again in the meantime.
        if (this.#leaving.get(name) === replicas && replicas.ended) this.#leaving.delete(name);
      });
    }
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values(), ...this.#leaving.values()].map((replicas) => replicas.stop()));
  }
}
