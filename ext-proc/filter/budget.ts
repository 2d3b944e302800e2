/**
 * Memory for responses that are held until they can be filtered, shared by the callers of a process. Nobody gets more than what is then
 * left for all others: one caller gets at most half of it, each of two a third, and so on.
 */
export class Budget {
  readonly #bytes: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Bytes that are held now. */
  get used(): number {
    return this.#used;
  }

  /** A holder of nothing yet, for one response of a caller. */
  holder(caller: string): Holder {
    let mine = 0;
    return {
      hold: (bytes) => {
        const more = bytes - mine;
        const held = (this.#held.get(caller) ?? 0) + more;
        if (more > 0 && held > this.#bytes - this.#used - more) return false;
        mine = bytes;
        this.#used += more;
        if (held === 0) this.#held.delete(caller);
        else this.#held.set(caller, held);
        return true;
      },
    };
  }
}

/** What one response holds of the budget. */
export interface Holder {
  /** Sets what the response holds, in bytes. Returns false, and changes nothing, if that is more than the caller may have. */
  hold(bytes: number): boolean;
}
