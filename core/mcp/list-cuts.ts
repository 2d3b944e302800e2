import type { Span } from './list-filter-walk.ts';

/**
 * What is cut from a list, of whose entries some stay: an entry with the comma before it, but those before the first that stays with the
 * comma after them. Adjacent entries are one cut.
 */
export class ListCuts {
  readonly #cuts: Span[] = [];
  #first: number | undefined;
  #last = 0;
  #anyStays = false;

  /** Adds the next entry. */
  add(start: number, end: number, stays: boolean): void {
    this.#first ??= start;
    if (stays) {
      if (!this.#anyStays && start !== this.#first) this.#cuts.push({ start: this.#first, end: start });
      this.#anyStays = true;
    } else if (this.#anyStays) {
      const before = this.#cuts.at(-1);
      if (before?.end === this.#last) before.end = end;
      else this.#cuts.push({ start: this.#last, end });
    }
    this.#last = end;
  }

  /** The cuts, in order. */
  get cuts(): readonly Span[] {
    if (this.#first === undefined || this.#anyStays) return this.#cuts;
    return [{ start: this.#first, end: this.#last }];
  }
}
