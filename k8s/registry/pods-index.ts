import type { EndpointPod } from './pods.ts';

/** The pods of each backend that the operator runs. */
export class PodIndex {
  readonly #pods: ReadonlyMap<string, EndpointPod>;
  readonly #backendOf = new Map<string, string>();
  readonly #podsOf = new Map<string, Set<string>>();

  /** @param pods live, by name */
  constructor(pods: ReadonlyMap<string, EndpointPod>) {
    this.#pods = pods;
  }

  /** Updates the index for pods that changed. */
  podsChanged(names: Iterable<string>): void {
    for (const name of names) {
      const before = this.#backendOf.get(name);
      const after = this.#pods.get(name)?.backend;
      if (before === after) continue;
      if (before !== undefined) this.#podsOf.get(before)?.delete(name);
      if (after === undefined) {
        this.#backendOf.delete(name);
        continue;
      }
      this.#backendOf.set(name, after);
      const pods = this.#podsOf.get(after) ?? new Set();
      this.#podsOf.set(after, pods.add(name));
    }
  }

  /** What is wrong with the pods of a backend, without duplicates. */
  troublesOf(backend: string): string[] {
    const troubles = [...(this.#podsOf.get(backend) ?? [])].flatMap((name) => this.#pods.get(name)?.trouble ?? []);
    return [...new Set(troubles)].sort();
  }

  /** Number of pods of a backend. */
  countOf(backend: string): number {
    return this.#podsOf.get(backend)?.size ?? 0;
  }
}
