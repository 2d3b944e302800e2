import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 200;
const MOST_MS = 5_000;

/** Pauses between attempts: twice as long each time, up to 5 s, and never in step with those of other processes. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(options: { firstMs?: number; mostMs?: number; random?: () => number } = {}) {
    const { firstMs = FIRST_MS, mostMs = MOST_MS, random = Math.random } = options;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** Length of the next pause: between half and all of its step, and at least what the other side asked for. */
  next(askedMs = 0): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(this.#mostMs, stepMs * 2);
    return Math.max(askedMs, stepMs * (0.5 + this.#random() / 2));
  }

  /** Waits; returns early when the signal says so. */
  async pause(askedMs: number | undefined, signal: AbortSignal): Promise<void> {
    await sleep(this.next(askedMs), undefined, { signal }).catch(() => undefined);
  }

  /** Begins anew, since something went well. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
