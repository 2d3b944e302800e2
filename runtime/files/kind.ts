import type { Stats } from 'node:fs';

/** Largest size of a document, key or secret: 1 MiB. */
export const MAX_FILE_BYTES = 1 << 20;

/** A file that must not be read: not a regular file, too large, or a link out of its folder. The message does not name the file. */
export class RejectedFile extends Error {}

/** Throws a {@link RejectedFile} unless it is a regular file of at most `maxBytes`. */
export function assertReadable(stats: Stats, maxBytes: number): void {
  if (!stats.isFile()) throw new RejectedFile(`it is ${kindOf(stats)}, not a regular file`);
  if (stats.size > maxBytes) throw tooLarge(maxBytes);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function tooLarge(maxBytes: number): RejectedFile {
  return new RejectedFile(`it is larger than ${maxBytes} bytes`);
}

/** Collects what is read from a file. A file may grow while it is read, and files in /proc have no size. */
export class Content {
  #bytes: Buffer;
  #length = 0;
  readonly #maxBytes: number;

  constructor({ size }: Stats, maxBytes: number) {
    this.#maxBytes = maxBytes;
    // One byte more than the file has, so that the read after it finds the end.
    this.#bytes = Buffer.allocUnsafe(size + 1);
  }

  /** Where the next bytes belong; never empty. */
  get room(): Buffer {
    if (this.#length === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(Math.max(this.#length, 4_096))]);
    }
    return this.#bytes.subarray(this.#length);
  }

  /** Adds bytes that were read into `room`. Throws a {@link RejectedFile} if there are too many. */
  add(count: number): void {
    this.#length += count;
    if (this.#length > this.#maxBytes) throw tooLarge(this.#maxBytes);
  }

  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
