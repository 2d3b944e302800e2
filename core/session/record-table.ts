import { randomInt } from 'node:crypto';
import { KEY_WORDS, RecordIndex } from './record-index.ts';

/** Records in one block of memory. A table grows by blocks, so it never copies what it holds. */
const BLOCK_BITS = 12;
const BLOCK = 1 << BLOCK_BITS;

/**
 * Records of 32-bit words, found by a key of {@link KEY_WORDS} words, in typed arrays. A record has a number from 1 that stays the same
 * until it is removed.
 */
export class RecordTable {
  /** Number of records, and of entries of the index, that were visited so far. For tests. */
  get visited(): number {
    return this.#visited + this.#index.visited;
  }

  readonly #width: number;
  readonly #blocks: Uint32Array[];
  readonly #index: RecordIndex;
  #visited = 0;
  #size = 0;
  #end = 1;
  /** The first number that is free; its first word besides the key is the next one. */
  #free = 0;

  /**
   * @param words words of a record, besides its key; at least one
   * @param random a random integer below its argument
   */
  constructor(words: number, random: (below: number) => number = randomInt) {
    this.#width = KEY_WORDS + words;
    this.#blocks = [new Uint32Array(BLOCK * this.#width)];
    this.#index = new RecordIndex((record) => this.key(record), random);
  }

  /** Number of records. */
  get size(): number {
    return this.#size;
  }

  /** All records have numbers below this. */
  get end(): number {
    return this.#end;
  }

  /** The record of a key, which begins at this place of `words`; 0 if there is none. */
  find(words: Uint32Array, at = 0): number {
    return this.#index.find(words, at);
  }

  /** Adds a record whose words are 0. The key must not be in the table. */
  insert(words: Uint32Array, at = 0): number {
    const record = this.#allocate();
    const block = this.#block(record);
    const offset = this.#offset(record);
    for (let word = 0; word < KEY_WORDS; word += 1) block[offset + word] = words[at + word] ?? 0;
    this.#index.add(record, words, at);
    this.#size += 1;
    return record;
  }

  /** Removes a record. Its number may be used again. */
  remove(record: number): void {
    this.#index.remove(record);
    const offset = this.#offset(record);
    this.#block(record).fill(0, offset, offset + this.#width);
    this.set(record, 0, this.#free);
    this.#free = record;
    this.#size -= 1;
  }

  /** A word of a record. Of a number that is not in use, all but the first are 0. */
  get(record: number, word: number): number {
    this.#visited += 1;
    return this.#block(record)[this.#offset(record) + KEY_WORDS + word] ?? 0;
  }

  /** Sets a word of a record. */
  set(record: number, word: number, value: number): void {
    this.#block(record)[this.#offset(record) + KEY_WORDS + word] = value;
  }

  /** The key of a record. */
  key(record: number): Uint32Array {
    this.#visited += 1;
    const offset = this.#offset(record);
    return this.#block(record).subarray(offset, offset + KEY_WORDS);
  }

  /** Copies the key of a record to a place. */
  copyKey(record: number, to: Uint32Array, at: number): void {
    this.#visited += 1;
    const block = this.#block(record);
    const offset = this.#offset(record);
    for (let word = 0; word < KEY_WORDS; word += 1) to[at + word] = block[offset + word] ?? 0;
  }

  /** Whether a number is that of a record. Keys that are 0 do not occur. */
  isUsed(record: number): boolean {
    return this.key(record).some((word) => word !== 0);
  }

  #allocate(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.get(free, 0);
      this.set(free, 0, 0);
      return free;
    }
    const record = this.#end++;
    if (record >>> BLOCK_BITS === this.#blocks.length) this.#blocks.push(new Uint32Array(BLOCK * this.#width));
    return record;
  }

  #block(record: number): Uint32Array {
    const block = this.#blocks[record >>> BLOCK_BITS];
    if (block === undefined) throw new RangeError(`there is no record ${record}`);
    return block;
  }

  #offset(record: number): number {
    return (record % BLOCK) * this.#width;
  }
}
