/** Length of a key, in words of 32 bits. */
export const KEY_WORDS = 4;

/** Parts of an index. They grow one by one, so that no addition has to move more than a small part of it. */
const PARTS = 256;
/** Entries for which a part is created. */
const LEAST = 16;
/** Part of its entries that is in use at most. */
const MAX_LOAD = 2 / 3;

/** Entries of two words: a record, 0 for none, and the hash of its key. */
interface Part {
  entries: Uint32Array;
  used: number;
}

/**
 * Finds records by a key of {@link KEY_WORDS} words: an open-addressing hash table with linear probing. Adding, removing and finding visit a
 * constant number of entries on average, whatever the size.
 */
export class RecordIndex {
  /** Number of entries that were visited so far. For tests. */
  visited = 0;
  readonly #keyOf: (record: number) => Uint32Array;
  readonly #seed: number;
  readonly #multiplier: number;
  readonly #parts: Part[] = Array.from({ length: PARTS }, () => ({ entries: new Uint32Array(2 * LEAST), used: 0 }));

  /**
   * @param keyOf the key of a record
   * @param random a random integer below its argument; without it, clients could choose keys that are all in one place
   */
  constructor(keyOf: (record: number) => Uint32Array, random: (below: number) => number) {
    this.#keyOf = keyOf;
    this.#seed = random(2 ** 32);
    this.#multiplier = random(2 ** 32) | 1;
  }

  /** The record of a key, which begins at this place of `words`; 0 if there is none. */
  find(words: Uint32Array, at: number): number {
    const hash = this.#hash(words, at);
    const { entries } = this.#part(hash);
    const mask = entries.length / 2 - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      this.visited += 1;
      const record = entries[2 * place] ?? 0;
      if (record === 0 || (entries[2 * place + 1] === hash && this.#has(record, words, at))) return record;
    }
  }

  /** Adds a record, whose key must not be there. */
  add(record: number, words: Uint32Array, at: number): void {
    const hash = this.#hash(words, at);
    const part = this.#part(hash);
    part.used += 1;
    if (2 * part.used > MAX_LOAD * part.entries.length) this.#grow(part);
    this.#put(part.entries, record, hash);
  }

  /** Removes a record. Entries after it move up, so that they are found without a gap. */
  remove(record: number): void {
    const hash = this.#hash(this.#keyOf(record), 0);
    const part = this.#part(hash);
    const { entries } = part;
    const mask = entries.length / 2 - 1;
    let gap = hash & mask;
    while (entries[2 * gap] !== record) gap = (gap + 1) & mask;
    for (let place = (gap + 1) & mask; entries[2 * place] !== 0; place = (place + 1) & mask) {
      this.visited += 1;
      const first = (entries[2 * place + 1] ?? 0) & mask;
      // An entry may not move to before the place where it is looked for first.
      if (((place - first) & mask) < ((place - gap) & mask)) continue;
      entries.copyWithin(2 * gap, 2 * place, 2 * place + 2);
      gap = place;
    }
    entries.fill(0, 2 * gap, 2 * gap + 2);
    part.used -= 1;
  }

  #grow(part: Part): void {
    const { entries } = part;
    part.entries = new Uint32Array(2 * entries.length);
    for (let at = 0; at < entries.length; at += 2) {
      const record = entries[at] ?? 0;
      if (record !== 0) this.#put(part.entries, record, entries[at + 1] ?? 0);
    }
  }

  #put(entries: Uint32Array, record: number, hash: number): void {
    const mask = entries.length / 2 - 1;
    let place = hash & mask;
    for (this.visited += 1; entries[2 * place] !== 0; this.visited += 1) place = (place + 1) & mask;
    entries[2 * place] = record;
    entries[2 * place + 1] = hash;
  }

  #part(hash: number): Part {
    const part = this.#parts[hash >>> 24];
    if (part === undefined) throw new RangeError(`there is no part for ${hash}`);
    return part;
  }

  #has(record: number, words: Uint32Array, at: number): boolean {
    const key = this.#keyOf(record);
    for (let word = 0; word < KEY_WORDS; word += 1) if (key[word] !== words[at + word]) return false;
    return true;
  }

  #hash(words: Uint32Array, at: number): number {
    let hash = this.#seed;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      hash = Math.imul(hash ^ (words[at + word] ?? 0), this.#multiplier);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }
}
