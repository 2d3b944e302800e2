/** Wait for further calls after each call. */
const QUIET_MS = 15;
/** Longest wait after the first call of a burst. */
const MAX_MS = 60;

/** Joins bursts of calls into one (debouncing with an upper bound). */
export class Settle {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Requests a call. */
  touch(): void {
    const nowMs = performance.now();
    if (this.#timer === undefined) this.#sinceMs = nowMs;
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, Math.min(QUIET_MS, this.#sinceMs + MAX_MS - nowMs));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, waitMs);
  }

  /** Drops a pending call. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
