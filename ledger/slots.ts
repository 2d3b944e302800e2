/** Places that are not heard of for this long are given back: whoever had one is gone. */
const LEASE_MS = 45_000;

/** A place that is taken. */
interface Place {
  readonly group: string;
  heardMs: number;
}

/** Somebody who waits for a place. */
interface Waiter {
  readonly slot: string;
  readonly max: number;
  readonly answer: (granted: boolean) => void;
}

/** Counts what is open at once in groups, such as the requests of a tenant. */
export class Slots {
  readonly #places = new Map<string, Place>();
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, Waiter[]>();
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds on any steady clock */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** How many places of a group are taken. */
  taken(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  /**
   * Takes a place, or waits for one: a request that follows on the end of another one comes before the news of that end.
   * Resolves with whether there was one in time.
   */
  acquire(group: string, slot: string, max: number, patienceMs: number): Promise<boolean> {
    if (this.taken(group) >= max) this.#forgetLost(group);
    if (this.taken(group) < max) {
      this.#take(group, slot);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        slot,
        max,
        answer: (granted) => {
          clearTimeout(timer);
          resolve(granted);
        },
      };
      const timer = setTimeout(() => {
        this.#dismiss(group, waiter);
        resolve(false);
      }, patienceMs);
      this.#waiting.set(group, [...(this.#waiting.get(group) ?? []), waiter]);
    });
  }

  /** Says that a place is still in use. */
  renew(slot: string): void {
    const place = this.#places.get(slot);
    if (place !== undefined) place.heardMs = this.#nowMs();
  }

  /** Gives a place back; one that nobody has is no matter. */
  release(slot: string): void {
    const place = this.#places.get(slot);
    if (place === undefined) return;
    this.#places.delete(slot);
    const count = this.taken(place.group) - 1;
    if (count > 0) this.#counts.set(place.group, count);
    else this.#counts.delete(place.group);
    const [next] = this.#waiting.get(place.group) ?? [];
    if (next === undefined || this.taken(place.group) >= next.max) return;
    this.#dismiss(place.group, next);
    this.#take(place.group, next.slot);
    next.answer(true);
  }

  /** Gives everything back: the Envoy that knew of it is gone. */
  clear(): void {
    for (const slot of [...this.#places.keys()]) this.release(slot);
  }

  #take(group: string, slot: string): void {
    this.#places.set(slot, { group, heardMs: this.#nowMs() });
    this.#counts.set(group, this.taken(group) + 1);
  }

  #dismiss(group: string, waiter: Waiter): void {
    const others = (this.#waiting.get(group) ?? []).filter((other) => other !== waiter);
    if (others.length > 0) this.#waiting.set(group, others);
    else this.#waiting.delete(group);
  }

  #forgetLost(group: string): void {
    const oldestMs = this.#nowMs() - LEASE_MS;
    for (const [slot, place] of this.#places) {
      if (place.group === group && place.heardMs < oldestMs) this.release(slot);
    }
  }
}
