import { type SlotRequest, Slots } from './slots.ts';

/** {@link Slots} for callers that wait: holds the timers and the promises of waiting requests. */
export class SlotWaits {
  readonly #slots = new Slots();
  readonly #answers = new Map<string, (acquired: boolean) => void>();
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds on any steady clock */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Takes a slot, or waits for one for at most `waitMs`. Resolves with whether there was one in time. */
  acquire(request: SlotRequest, waitMs: number): Promise<boolean> {
    const nowMs = this.#nowMs();
    if (this.#slots.taken(request.group) >= request.limit) this.#answer(this.#slots.expire(request.group, nowMs));
    if (this.#slots.acquire(request, nowMs)) return Promise.resolve(true);
    this.#slots.wait(request);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#slots.cancel(request);
        this.#answers.get(request.slot)?.(false);
      }, waitMs);
      this.#answers.set(request.slot, (acquired) => {
        clearTimeout(timer);
        this.#answers.delete(request.slot);
        resolve(acquired);
      });
    });
  }

  /** Records that a slot is still in use. */
  renew(slot: string): void {
    this.#slots.renew(slot, this.#nowMs());
  }

  /** Releases a slot; an unknown one is ignored. */
  release(slot: string): void {
    const next = this.#slots.release(slot, this.#nowMs());
    if (next !== undefined) this.#answer([next]);
  }

  /** Releases every slot. */
  clear(): void {
    this.#answer(this.#slots.clear(this.#nowMs()));
  }

  #answer(requests: readonly SlotRequest[]): void {
    for (const { slot } of requests) this.#answers.get(slot)?.(true);
  }
}
