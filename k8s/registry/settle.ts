/** A change waits for more of its kind: a burst becomes one. */
const QUIET_MS = 15;
/** But never longer than this. */
const MOST_MS = 60;

/** Joins calls that come in bursts. */
export class Settle {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Something changed. */
  touch(): void {
    const nowMs = performance.now();
    if (this.#timer === undefined) this.#sinceMs = nowMs;
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, Math.min(QUIET_MS, this.#sinceMs + MOST_MS - nowMs));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, waitMs);
  }

  /** Forgets what is waiting. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
