/** A line of a server's output; of a line above the limit, only its two ends. */
export type Line = { text: string } | { tooLong: true; head: string; tail: string };

const LINE_FEED = 0x0a;
/** Bytes that are kept of each end of a line above the limit: enough to find the id of the message. */
const END_BYTES = 512;

/** Splits bytes into lines. Of a line above `maxBytes` only the two ends are kept, so a line never takes more memory than that. */
export class Lines {
  readonly #maxBytes: number;
  readonly #onLine: (line: Line) => void;
  #parts: Buffer[] = [];
  #bytes = 0;
  #head = '';
  #tail = Buffer.alloc(0);

  constructor(maxBytes: number, onLine: (line: Line) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.#append(chunk.subarray(from, at));
      this.#flush();
      from = at + 1;
    }
    this.#append(chunk.subarray(from));
  }

  #append(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxBytes) {
      if (part.length > 0) this.#parts.push(part);
      return;
    }
    if (this.#parts.length > 0 || this.#head === '') {
      const start = Buffer.concat([...this.#parts, part]);
      this.#head = start.toString('utf8', 0, END_BYTES);
      this.#tail = start;
      this.#parts = [];
    } else {
      this.#tail = Buffer.concat([this.#tail, part]);
    }
    this.#tail = Buffer.from(this.#tail.subarray(-END_BYTES));
  }

  #flush(): void {
    const tooLong = this.#bytes > this.#maxBytes;
    const text = tooLong ? '' : Buffer.concat(this.#parts).toString('utf8');
    const line: Line = tooLong ? { tooLong: true, head: this.#head, tail: this.#tail.toString('utf8') } : { text };
    this.#parts = [];
    this.#bytes = 0;
    this.#head = '';
    this.#tail = Buffer.alloc(0);
    this.#onLine(line);
  }
}
