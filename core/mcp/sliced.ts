/** A computation that pauses at each `yield`, so that other work can be done. */
export type Sliced<T> = Generator<void, T>;

/**
 * Effort between two pauses, in the time that it takes to scan one byte of JSON: a millisecond or two of a processor.
 */
export const SLICE_EFFORT = 262_144;

/** Counts the effort of a computation since its last pause. */
export class Effort {
  #spent = 0;

  /** Adds effort, in bytes of scanned JSON. */
  spend(effort: number): void {
    this.#spent += effort;
  }

  /** Whether it is time for a pause. */
  get isSpent(): boolean {
    return this.#spent >= SLICE_EFFORT;
  }

  /** Pauses. */
  *pause(): Sliced<void> {
    this.#spent = 0;
    yield;
  }
}

/** Finishes a computation without pauses. */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
