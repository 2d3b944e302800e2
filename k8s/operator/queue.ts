/** Options of a work queue. */
export interface QueueOptions {
  /** Does the work for one key. Returns after how many milliseconds to do it again; undefined: not by itself. */
  handle: (key: string) => Promise<number | undefined>;
  /** Called after each failure. Returns how long the server asked to wait, in milliseconds. */
  onFailure: (key: string, error: unknown, failures: number) => number | undefined;
  /** Number of keys that are worked on at the same time. */
  workers: number;
  /** First and longest pause after failures of one key. Default 200 ms and 60 s. */
  firstMs?: number;
  maxMs?: number;
  /** Returns a number from 0 to below 1. */
  random?: () => number;
}

/**
 * A queue of keys. A key is queued once, however often it is added, and is never worked on twice at the same time: a key that is added
 * during its work is queued again afterwards. After each failure its pause doubles, half of it at random; adding the key does not
 * shorten the pause. See decision 026.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #ready = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; isPause: boolean }>();
  readonly #failures = new Map<string, number>();
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Number of keys that wait for a worker. */
  get length(): number {
    return this.#ready.size;
  }

  /** Number of keys whose last attempt failed. */
  get failing(): number {
    return this.#failures.size;
  }

  /** Queues a key. */
  add(key: string): void {
    if (this.#closed || this.#timers.get(key)?.isPause === true) return;
    if (this.#working.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pump();
  }

  /** Stops accepting keys, and waits for the work in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#ready.clear();
    await Promise.all(this.#working.values());
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#closed || this.#working.size >= this.#options.workers) return;
      this.#ready.delete(key);
      this.#cancel(key);
      this.#working.set(key, this.#work(key));
    }
  }

  async #work(key: string): Promise<void> {
    // Let the caller store this promise first.
    await Promise.resolve();
    let waitMs: number | undefined;
    let isPause = false;
    try {
      waitMs = await this.#options.handle(key);
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      waitMs = this.#pauseMs(failures, this.#options.onFailure(key, error, failures));
      isPause = true;
    }
    this.#working.delete(key);
    const wanted = this.#again.delete(key);
    if (!this.#closed) {
      if (wanted && !isPause) this.#ready.add(key);
      if (waitMs !== undefined) this.#later(key, waitMs, isPause);
    }
    this.#pump();
  }

  #pauseMs(failures: number, askedMs = 0): number {
    const { firstMs = 200, maxMs = 60_000, random = Math.random } = this.#options;
    const stepMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
    return Math.max(askedMs, stepMs * (0.5 + random() / 2));
  }

  #later(key: string, waitMs: number, isPause: boolean): void {
    this.#cancel(key);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, waitMs);
    this.#timers.set(key, { timer, isPause });
  }

  #cancel(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }
}
