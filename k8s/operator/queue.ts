/** What a queue needs to know of an attempt that failed. */
export interface QueueOptions {
  /** Does the work for one key. It may say after how many milliseconds it wants to be asked again. */
  handle: (key: string) => Promise<number | undefined>;
  /** Told of each failure; gives how long the other side asked to wait, in milliseconds. */
  onFailure: (key: string, error: unknown, failures: number) => number | undefined;
  /** How many keys are worked on at once. */
  workers: number;
  /** First and longest pause after failures of one key. Defaults 200 ms and 60 s. */
  firstMs?: number;
  mostMs?: number;
  /** From 0 up to 1. */
  random?: () => number;
}

/**
 * Keys that wait for work. A key waits once, however often it is added; while it is worked on it waits for its next turn, so that
 * nothing is done twice at once. After a failure a key waits twice as long each time, half of it at random; what is added
 * meanwhile waits with it.
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

  /** How many keys wait for a worker. */
  get length(): number {
    return this.#ready.size;
  }

  /** How many keys failed last time. */
  get failing(): number {
    return this.#failures.size;
  }

  /** Wants a key to be worked on. */
  add(key: string): void {
    if (this.#closed || this.#timers.get(key)?.isPause === true) return;
    if (this.#working.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pump();
  }

  /** Stops taking work, and waits for what is under way. */
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
    // The caller notes this promise first.
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
    const { firstMs = 200, mostMs = 60_000, random = Math.random } = this.#options;
    const stepMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
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
