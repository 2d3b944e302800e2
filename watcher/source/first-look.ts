/** A watcher that has read the registry waits at most this long for names, processes and secrets. */
const FIRST_LOOK_MS = 3_000;

/**
 * Holds back the first snapshot until every backend has been looked up. Until then the snapshot of the previous watcher stays in force;
 * an incomplete one would end the sessions of the backends that it lacks.
 */
export class FirstLook {
  readonly #onTimeout: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOpen = true;

  /** @param onTimeout called once the time is up */
  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout;
  }

  /** Whether the first snapshot is still held back. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether a snapshot may be made now. Stays true once it was. */
  isOver(isComplete: () => boolean): boolean {
    this.#timer ??= setTimeout(() => {
      this.#isOpen = false;
      this.#onTimeout();
    }, FIRST_LOOK_MS);
    if (this.#isOpen && isComplete()) this.#isOpen = false;
    return !this.#isOpen;
  }

  /** Stops waiting. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
