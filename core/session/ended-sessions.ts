import { endianness } from 'node:os';
import { putHex, RECORD_BYTES, RECORD_WORDS, type SessionRef, WORD } from './ended-record.ts';
import { KEY_WORDS } from './record-index.ts';
import { RecordTable } from './record-table.ts';

/**
 * Most ended sessions that are kept one by one for each owner. Beyond it the owner's session that was ended first is dropped, and every
 * session of the owner that is not younger than it counts as ended.
 */
export const MAX_OF_OWNER = 1_000;

/** Records that are looked at for expiry with each addition. With more than one, expired records cannot accumulate. */
const SWEPT = 4;
/** Fewest records in a part of {@link EndedSessions.packed}, which ends with the last record of an owner. */
const PART = 1_024;

/**
 * Words of a tombstone: times, its owner, and its neighbors among the tombstones of the owner. Here and below, the first word is read only of
 * records that are known to be in use; the others of a number that is not in use are 0.
 */
const TOMB = { issued: 0, forget: 1, owner: 2, before: 3, after: 4 } as const;
/** Words of an owner: its tombstones, and the watermark: sessions issued no later than `until` are ended. */
const OWNER = { last: 0, first: 1, count: 2, until: 3, forget: 4 } as const;

/** Answers whether a session was ended. */
export interface EndedLookup {
  has(session: SessionRef): boolean;
}

/**
 * The sessions that were ended before their time. Adding and looking up costs the same whatever is in it. One takes about 55 bytes, an
 * owner the same. An owner takes at most the memory of {@link MAX_OF_OWNER} sessions, and expired ones are removed step by step.
 *
 * An error in the direction of "ended" costs a client a new `initialize`; the other direction would revive a session. So what cannot be
 * kept exactly counts as ended.
 */
export class EndedSessions implements EndedLookup {
  readonly #tombs: RecordTable;
  readonly #owners: RecordTable;
  readonly #words = new Uint32Array(RECORD_WORDS);
  #watermarks = 0;
  #tombHand = 0;
  #ownerHand = 0;

  /** @param random a random integer below its argument. Default: `crypto.randomInt` */
  constructor(random?: (below: number) => number) {
    this.#tombs = new RecordTable(5, random);
    this.#owners = new RecordTable(5, random);
  }

  /** Number of sessions that are kept one by one, with those that have expired and were not removed yet. */
  get size(): number {
    return this.#tombs.size;
  }

  /** Number of records that were visited so far. For tests. */
  get visited(): number {
    return this.#tombs.visited + this.#owners.visited;
  }

  has({ fingerprint, owner, issuedAtSeconds }: SessionRef): boolean {
    putHex(this.#words, 0, fingerprint);
    if (this.#tombs.find(this.#words) !== 0) return true;
    if (this.#watermarks === 0) return false;
    putHex(this.#words, 0, owner);
    const record = this.#owners.find(this.#words);
    return record !== 0 && this.#owners.get(record, OWNER.until) >= issuedAtSeconds;
  }

  /** Adds packed records, unless they have expired. */
  addPacked(records: Buffer, nowSeconds: number): void {
    for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES) {
      for (let word = 0; word < RECORD_WORDS; word += 1) this.#words[word] = records.readUInt32BE(at + 4 * word);
      this.add(this.#words, nowSeconds);
    }
  }

  /** Adds a record in words, see `ended-record.ts`. One whose fingerprint is 0 is the watermark of its owner. */
  add(words: Uint32Array, nowSeconds: number): void {
    this.#sweep(nowSeconds);
    const [issued, forget] = [words[WORD.issued] ?? 0, words[WORD.forget] ?? 0];
    if (forget <= nowSeconds) return;
    const owner = this.#owners.find(words, WORD.owner) || this.#owners.insert(words, WORD.owner);
    if (isZero(words)) this.#raise(owner, issued, forget);
    else this.#addTomb(owner, words);
  }

  /** Everything, in packed records, part by part. What is added between two parts may be missing. */
  *packed(): Generator<Buffer> {
    let part = new Part();
    for (let owner = 1; owner < this.#owners.end; owner += 1) {
      const keys = { tombs: this.#tombs, tomb: 0, owners: this.#owners, owner };
      const until = this.#owners.get(owner, OWNER.until);
      if (until > 0) part.add(keys, until, this.#owners.get(owner, OWNER.forget));
      keys.tomb = this.#owners.get(owner, OWNER.first);
      for (; keys.tomb !== 0; keys.tomb = this.#tombs.get(keys.tomb, TOMB.after)) {
        part.add(keys, this.#tombs.get(keys.tomb, TOMB.issued), this.#tombs.get(keys.tomb, TOMB.forget));
      }
      if (part.records < PART) continue;
      yield part.bytes;
      part = new Part();
    }
    if (part.records > 0) yield part.bytes;
  }

  #addTomb(owner: number, words: Uint32Array): void {
    const forget = words[WORD.forget] ?? 0;
    const known = this.#tombs.find(words);
    if (known !== 0) {
      this.#tombs.set(known, TOMB.forget, Math.max(forget, this.#tombs.get(known, TOMB.forget)));
      return;
    }
    const tomb = this.#tombs.insert(words);
    this.#tombs.set(tomb, TOMB.issued, words[WORD.issued] ?? 0);
    this.#tombs.set(tomb, TOMB.forget, forget);
    this.#append(owner, tomb);
    if (this.#owners.get(owner, OWNER.count) > MAX_OF_OWNER) this.#dropFirst(owner);
  }

  #append(owner: number, tomb: number): void {
    const last = this.#owners.get(owner, OWNER.last);
    this.#tombs.set(tomb, TOMB.owner, owner);
    this.#tombs.set(tomb, TOMB.before, last);
    if (last === 0) this.#owners.set(owner, OWNER.first, tomb);
    else this.#tombs.set(last, TOMB.after, tomb);
    this.#owners.set(owner, OWNER.last, tomb);
    this.#owners.set(owner, OWNER.count, this.#owners.get(owner, OWNER.count) + 1);
  }

  #dropFirst(owner: number): void {
    const first = this.#owners.get(owner, OWNER.first);
    this.#raise(owner, this.#tombs.get(first, TOMB.issued), this.#tombs.get(first, TOMB.forget));
    this.#remove(first);
  }

  #remove(tomb: number): void {
    const [owner, before] = [this.#tombs.get(tomb, TOMB.owner), this.#tombs.get(tomb, TOMB.before)];
    const after = this.#tombs.get(tomb, TOMB.after);
    if (before === 0) this.#owners.set(owner, OWNER.first, after);
    else this.#tombs.set(before, TOMB.after, after);
    if (after === 0) this.#owners.set(owner, OWNER.last, before);
    else this.#tombs.set(after, TOMB.before, before);
    this.#owners.set(owner, OWNER.count, this.#owners.get(owner, OWNER.count) - 1);
    this.#tombs.remove(tomb);
  }

  #raise(owner: number, issued: number, forget: number): void {
    const until = this.#owners.get(owner, OWNER.until);
    if (until === 0 && issued > 0) this.#watermarks += 1;
    this.#owners.set(owner, OWNER.until, Math.max(until, issued));
    this.#owners.set(owner, OWNER.forget, Math.max(forget, this.#owners.get(owner, OWNER.forget)));
  }

  #sweep(nowSeconds: number): void {
    for (let step = 0; step < SWEPT; step += 1) {
      this.#tombHand = next(this.#tombHand, this.#tombs.end);
      const forget = this.#tombs.get(this.#tombHand, TOMB.forget);
      // It is 0 if the number is not in use.
      if (forget > 0 && forget <= nowSeconds) this.#remove(this.#tombHand);
      this.#ownerHand = next(this.#ownerHand, this.#owners.end);
      this.#sweepOwner(this.#ownerHand, nowSeconds);
    }
  }

  #sweepOwner(owner: number, nowSeconds: number): void {
    const [count, forget] = [this.#owners.get(owner, OWNER.count), this.#owners.get(owner, OWNER.forget)];
    if (forget > 0 && forget <= nowSeconds) {
      if (this.#owners.get(owner, OWNER.until) > 0) this.#watermarks -= 1;
      this.#owners.set(owner, OWNER.until, 0);
      this.#owners.set(owner, OWNER.forget, 0);
    }
    if (count === 0 && this.#owners.get(owner, OWNER.forget) === 0 && this.#owners.isUsed(owner)) {
      this.#owners.remove(owner);
    }
  }
}

/** Records that are being packed. */
class Part {
  readonly #words = new Uint32Array((PART + MAX_OF_OWNER + 1) * RECORD_WORDS);
  #records = 0;

  get records(): number {
    return this.#records;
  }

  /** The records in network byte order. Nothing can be added afterwards. */
  get bytes(): Buffer {
    const bytes = Buffer.from(this.#words.buffer, 0, this.#records * RECORD_BYTES);
    return endianness() === 'LE' ? bytes.swap32() : bytes;
  }

  /** Adds the tombstone of an owner, or its watermark if there is none. */
  add(
    keys: { tombs: RecordTable; tomb: number; owners: RecordTable; owner: number },
    issued: number,
    forget: number,
  ): void {
    const at = this.#records * RECORD_WORDS;
    if (keys.tomb !== 0) keys.tombs.copyKey(keys.tomb, this.#words, at + WORD.fingerprint);
    keys.owners.copyKey(keys.owner, this.#words, at + WORD.owner);
    this.#words[at + WORD.issued] = issued;
    this.#words[at + WORD.forget] = forget;
    this.#records += 1;
  }
}

function next(hand: number, end: number): number {
  return hand + 1 < end ? hand + 1 : 1;
}

function isZero(words: Uint32Array): boolean {
  for (let word = 0; word < KEY_WORDS; word += 1) if (words[word] !== 0) return false;
  return true;
}
