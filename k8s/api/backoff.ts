import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 200;
const MAX_MS = 5_000;

/** Pauses between attempts. They double up to 5 s, with jitter, so that processes do not retry in step. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(options: { firstMs?: number; maxMs?: number; random?: () => number } = {}) {
    const { firstMs = FIRST_MS, maxMs = MAX_MS, random = Math.random } = options;
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** Length of the next pause: between half and all of its step, and at least as long as the server asked for. */
  next(askedMs = 0): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, stepMs * 2);
    return Math.max(askedMs, stepMs * (0.5 + this.#random() / 2));
  }

  /** Waits; returns early if the signal is aborted. */
  async pause(askedMs: number | undefined, signal: AbortSignal): Promise<void> {
    await sleep(this.next(askedMs), undefined, { signal }).catch(() => undefined);
  }

  /** Starts again with the first pause, after a success. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
