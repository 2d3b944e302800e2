const CR = 0x0d;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

/** A line of an event stream, byte for byte. */
export interface SseLine {
  content: Buffer;
  /** CR, LF, CRLF, or empty for an unterminated last line. */
  end: Buffer;
  /** `late-feed`: only the LF of a CRLF whose CR ended the line before. `long`: over the limit, so the content is dropped. */
  kind: 'line' | 'late-feed' | 'long';
}

/**
 * Splits a stream of bytes into the lines of an event stream (HTML Standard, server-sent events, parsing). Returns each line as soon as
 * its end is known, and all bytes in order, except that a line of more than `maxBytes` loses its content.
 */
export class SseLines {
  readonly #maxBytes: number;
  /** The beginning of a line that has not ended yet. */
  #parts: Buffer[] = [];
  #length = 0;
  #tooLong = false;
  #afterCr = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the line that has not ended yet. */
  get heldBytes(): number {
    return this.#tooLong ? 0 : this.#length;
  }

  /** Drops the content of the line that has not ended yet, if any. */
  drop(): void {
    this.#tooLong = this.#length > 0;
    this.#parts = [];
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): SseLine[] {
    const lines: SseLine[] = [];
    let from = 0;
    if (this.#afterCr && chunk[0] === LF) {
      lines.push({ content: NOTHING, end: chunk.subarray(0, 1), kind: 'late-feed' });
      from = 1;
    }
    if (chunk.length > 0) this.#afterCr = false;
    // Search again only once the position is passed: searching the whole chunk for each line would take quadratic time.
    let [cr, lf] = [-1, -1];
    while (from < chunk.length) {
      if (cr < from) cr = indexOf(chunk, CR, from);
      if (lf < from) lf = indexOf(chunk, LF, from);
      const at = Math.min(cr, lf);
      this.#add(chunk.subarray(from, at));
      if (at === chunk.length) break;
      const next = cr < lf && chunk[at + 1] === LF ? at + 2 : at + 1;
      this.#afterCr = chunk[at] === CR && next === chunk.length && next === at + 1;
      lines.push(this.#take(chunk.subarray(at, next)));
      from = next;
    }
    return lines;
  }

  /** Ends the stream; returns the unterminated last line, if any. */
  end(): SseLine[] {
    return this.#length === 0 && !this.#tooLong ? [] : [this.#take(NOTHING)];
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) {
      this.#tooLong = true;
      this.#parts = [];
    } else if (part.length > 0) {
      this.#parts.push(part);
    }
  }

  #take(end: Buffer): SseLine {
    const line: SseLine = { content: Buffer.concat(this.#parts), end, kind: this.#tooLong ? 'long' : 'line' };
    this.#parts = [];
    this.#length = 0;
    this.#tooLong = false;
    return line;
  }
}

function indexOf(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at < 0 ? chunk.length : at;
}
