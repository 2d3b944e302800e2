/** Options of {@link OncePerRequest}. */
export interface OnceOptions {
  /** How long an outcome is remembered. Default 5 s: Envoy does not retry a call after that. */
  keepMs?: number;
  /** Maximum number of outcomes that are remembered, besides those that are under way. Default 4,096. */
  maxKept?: number;
  /** Milliseconds on any steady clock. */
  now?: () => number;
}

/** A call that waits for an outcome. */
export interface WaitingCall {
  /** Envoy no longer waits for it: the client is gone, or the deadline has passed. */
  readonly cancelled: boolean;
}

interface Entry<T> {
  /** Calls that wait for the outcome. */
  readonly calls: WaitingCall[];
  readonly outcome: Promise<T>;
}

/**
 * Does the work for each request once. If a connection breaks, Envoy calls again with the same request id, and the second call must get
 * the outcome of the first. Envoy generates these ids, so a client cannot choose the id of another request. If the process ends,
 * Envoy calls another one, which knows nothing of the first call; but then that call had no answer.
 */
export class OncePerRequest<T> {
  readonly #keepMs: number;
  readonly #maxKept: number;
  readonly #now: () => number;
  readonly #underWay = new Map<string, Entry<T>>();
  /** In the order in which they concluded. */
  readonly #kept = new Map<string, { readonly outcome: Promise<T>; readonly concludedAtMs: number }>();

  constructor({ keepMs = 5_000, maxKept = 4_096, now = () => performance.now() }: OnceOptions = {}) {
    this.#keepMs = keepMs;
    this.#maxKept = maxKept;
    this.#now = now;
  }

  /** Number of outcomes that are remembered or under way. */
  get size(): number {
    return this.#underWay.size + this.#kept.size;
  }

  /**
   * The outcome of the work for a request, which starts only if it has not started yet. Without an id it always starts. Work that
   * fails is not remembered.
   *
   * @param work gets a function that returns whether all calls that wait for the outcome were cancelled
   */
  run(requestId: string, call: WaitingCall, work: (isAbandoned: () => boolean) => Promise<T>): Promise<T> {
    if (requestId === '') return work(() => call.cancelled);
    this.#forgetOld(this.#now());
    const kept = this.#kept.get(requestId);
    if (kept !== undefined) return kept.outcome;
    const same = this.#underWay.get(requestId);
    if (same !== undefined) {
      same.calls.push(call);
      return same.outcome;
    }
    const calls = [call];
    const outcome = work(() => calls.every(({ cancelled }) => cancelled));
    this.#underWay.set(requestId, { calls, outcome });
    outcome.then(
      () => this.#conclude(requestId, outcome),
      () => this.forget(requestId),
    );
    return outcome;
  }

  /** Forgets an outcome that must not be used again. */
  forget(requestId: string): void {
    this.#underWay.delete(requestId);
    this.#kept.delete(requestId);
  }

  #conclude(requestId: string, outcome: Promise<T>): void {
    // It may have been forgotten meanwhile.
    if (!this.#underWay.delete(requestId)) return;
    this.#kept.set(requestId, { outcome, concludedAtMs: this.#now() });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#maxKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  #forgetOld(nowMs: number): void {
    for (const [requestId, { concludedAtMs }] of this.#kept) {
      if (nowMs - concludedAtMs < this.#keepMs) return;
      this.#kept.delete(requestId);
    }
  }
}
