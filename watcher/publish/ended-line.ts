import { type EndedSession, MAX_SECONDS, RECORD_BYTES, RECORD_WORDS, WORD } from '../../core/session/ended-record.ts';
import { KEY_WORDS } from '../../core/session/record-index.ts';

const [SPACE, NEWLINE, NINE] = [0x20, 0x0a, 0x39];
const HEX_DIGITS = 32;
const BUFFER_BYTES = 1 << 18;

/** The line of an ended session: fingerprint, time until which it is kept, time of issue, owner. */
export function endedLine({ fingerprint, forgetAtSeconds, issuedAtSeconds, owner }: EndedSession): string {
  return `${fingerprint} ${Math.ceil(forgetAtSeconds)} ${issuedAtSeconds} ${owner}\n`;
}

/** The lines of packed records. */
export function endedLines(records: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const hex = records.toString('hex', at, at + 4 * WORD.issued);
    const [issued, forget] = [records.readUInt32BE(at + 4 * WORD.issued), records.readUInt32BE(at + 4 * WORD.forget)];
    lines.push(`${hex.slice(0, HEX_DIGITS)} ${forget} ${issued} ${hex.slice(HEX_DIGITS)}\n`);
  }
  return lines.join('');
}

/** Reads lines. They are looked at byte by byte in one buffer, since there may be a hundred megabytes of them. */
export class EndedLines {
  readonly #words = new Uint32Array(RECORD_WORDS);
  readonly #onRecord: (words: Uint32Array) => void;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  /** Bytes at the beginning of the buffer that do not end a line. */
  #rest = 0;
  #count = 0;

  /** @param onRecord called with the words of each valid line; they are overwritten afterwards */
  constructor(onRecord: (words: Uint32Array) => void) {
    this.#onRecord = onRecord;
  }

  /** Number of lines so far, valid or not. */
  get count(): number {
    return this.#count;
  }

  /** Whether what was read ends within a line. */
  get unfinished(): boolean {
    return this.#rest > 0;
  }

  /**
   * Reads everything.
   *
   * @param read reads into the buffer from this place on, and returns the number of bytes, 0 at the end
   */
  readAll(read: (buffer: Buffer, from: number) => number): void {
    for (let size = read(this.#buffer, this.#rest); size > 0; size = read(this.#buffer, this.#rest)) {
      this.#take(this.#rest + size);
    }
  }

  #take(size: number): void {
    const bytes = this.#buffer.subarray(0, size);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      this.#count += 1;
      if (this.#parse(bytes, from, end)) this.#onRecord(this.#words);
      from = end + 1;
    }
    // What fills the whole buffer is not a line; a part of it is kept, so that its end is not taken for one.
    if (from === 0 && size === BUFFER_BYTES) from = size - 1;
    bytes.copyWithin(0, from);
    this.#rest = size - from;
  }

  // Lines of older versions end after the time. Each of these sessions counts as one of an owner of its own.
  #parse(bytes: Buffer, from: number, end: number): boolean {
    if (!this.#hex(bytes, from, WORD.fingerprint)) return false;
    const issued = this.#number(bytes, from + HEX_DIGITS, end, WORD.forget);
    if (issued === end) {
      this.#words.copyWithin(WORD.owner, WORD.fingerprint, WORD.fingerprint + KEY_WORDS);
      this.#words[WORD.issued] = 0;
      return true;
    }
    const owner = issued === undefined ? undefined : this.#number(bytes, issued, end, WORD.issued);
    if (owner === undefined || bytes[owner] !== SPACE || end - owner !== HEX_DIGITS + 1) return false;
    return this.#hex(bytes, owner + 1, WORD.owner);
  }

  #hex(bytes: Buffer, from: number, word: number): boolean {
    for (let index = 0; index < KEY_WORDS; index += 1) {
      let value = 0;
      for (let at = from + 8 * index; at < from + 8 * index + 8; at += 1) {
        const digit = hexDigit(bytes[at] ?? 0);
        if (digit < 0) return false;
        value = value * 16 + digit;
      }
      this.#words[word + index] = value;
    }
    return true;
  }

  // A space and digits. Returns the place after them.
  #number(bytes: Buffer, from: number, end: number, word: number): number | undefined {
    if (bytes[from] !== SPACE) return undefined;
    let value = 0;
    let at = from + 1;
    for (let digit = decimalDigit(bytes[at]); at < end && digit >= 0; digit = decimalDigit(bytes[at])) {
      value = value * 10 + digit;
      at += 1;
    }
    if (at === from + 1) return undefined;
    this.#words[word] = Math.min(value, MAX_SECONDS);
    return at;
  }
}

function decimalDigit(byte = 0): number {
  return byte > NINE ? -1 : byte - 0x30;
}

function hexDigit(byte: number): number {
  if (byte <= NINE) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
