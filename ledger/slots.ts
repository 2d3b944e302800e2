/** A slot that nobody has renewed for this long is released: its request is assumed to have ended. */
const SLOT_EXPIRY_MS = 45_000;

/** A request for a slot. */
export interface SlotRequest {
  /** What is limited together, such as the requests of a tenant. */
  readonly group: string;
  /** Unique id of the slot. */
  readonly slot: string;
  /** Maximum number of slots of the group that may be taken. */
  readonly limit: number;
}

/**
 * Counts the slots that are taken in groups, and queues requests that find none free. It has no timers: the caller decides how long a
 * request waits. Times are milliseconds on any steady clock.
 */
export class Slots {
  readonly #taken = new Map<string, { readonly group: string; seenMs: number }>();
  readonly #counts = new Map<string, number>();
  /** Waiting requests by group, first come first served. */
  readonly #waiting = new Map<string, SlotRequest[]>();

  /** Number of slots of a group that are taken. */
  taken(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  /** Takes a slot if the group has one left, and returns whether it had. */
  acquire({ group, slot, limit }: SlotRequest, nowMs: number): boolean {
    if (this.taken(group) >= limit) return false;
    this.#taken.set(slot, { group, seenMs: nowMs });
    this.#counts.set(group, this.taken(group) + 1);
    return true;
  }

  /** Queues a request for the next slot of its group that is released. */
  wait(request: SlotRequest): void {
    this.#waiting.set(request.group, [...(this.#waiting.get(request.group) ?? []), request]);
  }

  /** Removes a request from the queue. */
  cancel({ group, slot }: SlotRequest): void {
    const others = (this.#waiting.get(group) ?? []).filter((request) => request.slot !== slot);
    if (others.length > 0) this.#waiting.set(group, others);
    else this.#waiting.delete(group);
  }

  /** Records that a slot is still in use. An unknown slot is ignored. */
  renew(slot: string, nowMs: number): void {
    const taken = this.#taken.get(slot);
    if (taken !== undefined) taken.seenMs = nowMs;
  }

  /** Releases a slot; an unknown one is ignored. Returns the waiting request that got it, which leaves the queue. */
  release(slot: string, nowMs: number): SlotRequest | undefined {
    const taken = this.#taken.get(slot);
    if (taken === undefined) return undefined;
    const { group } = taken;
    this.#taken.delete(slot);
    const count = this.taken(group) - 1;
    if (count > 0) this.#counts.set(group, count);
    else this.#counts.delete(group);
    const [next] = this.#waiting.get(group) ?? [];
    if (next === undefined || !this.acquire(next, nowMs)) return undefined;
    this.cancel(next);
    return next;
  }

  /** Releases the slots of a group that have expired. Returns the waiting requests that got them. */
  expire(group: string, nowMs: number): SlotRequest[] {
    const expired = [...this.#taken].filter(
      ([, taken]) => taken.group === group && taken.seenMs < nowMs - SLOT_EXPIRY_MS,
    );
    return this.#releaseAll(
      expired.map(([slot]) => slot),
      nowMs,
    );
  }

  /** Releases every slot. Returns the waiting requests that got one. */
  clear(nowMs: number): SlotRequest[] {
    return this.#releaseAll([...this.#taken.keys()], nowMs);
  }

  #releaseAll(slots: readonly string[], nowMs: number): SlotRequest[] {
    return slots.flatMap((slot) => this.release(slot, nowMs) ?? []);
  }
}
