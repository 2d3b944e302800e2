import { write, writeSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';

/** How a log is doing. */
export interface LogState {
  /** Lines that were lost since the start of the process. */
  lost: number;
  /** Why the last write failed; undefined if it succeeded. */
  failure: string | undefined;
}

/** Settings of {@link LineWriter}. */
export interface LineWriterOptions {
  /** Returns the file descriptor; called before each write. May throw, as a write may fail. */
  descriptor: () => number;
  /** Most characters that may wait, for example while the disk is full. Further lines are lost. Default 1 Mi. */
  maxWaiting?: number;
  /** Called when writing starts to fail and when it succeeds again. Must not throw. */
  onChange?: (state: LogState) => void;
}

const MAX_WAITING = 1 << 20;
const NEWLINE = 0x0a;

/**
 * Writes lines, in order. A write that fails never throws: the lines wait, and the next flush tries again. The rest of a line of
 * which only a part was written is lost, and the next line starts after a line break.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  #lines: string[] = [];
  #waiting = 0;
  /** What is being written. */
  #chunk: Buffer = Buffer.alloc(0);
  #inLine = false;
  #writing: Promise<void> | undefined;
  #lost = 0;
  #failure: string | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  get state(): LogState {
    return { lost: this.#lost, failure: this.#failure };
  }

  /** Number of characters that wait to be written. */
  get waiting(): number {
    return this.#waiting + this.#chunk.length;
  }

  /** Adds a line, which ends with a line break. It is written by the next flush. */
  add(line: string): void {
    if (this.waiting + line.length > (this.#options.maxWaiting ?? MAX_WAITING)) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
  }

  /** Starts to write what waits, unless a write is under way. */
  flush(): void {
    if (this.#writing !== undefined || !this.#take()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (error: unknown, count: number) => {
      this.#writing = undefined;
      if (this.#wrote(error, count) && this.#chunk.length > 0) this.flush();
      resolve(this.#writing);
    };
    this.#writing = promise;
    try {
      write(this.#options.descriptor(), this.#chunk, done);
    } catch (error) {
      done(error, 0);
    }
  }

  /** Writes what waits, until a write fails. Does nothing while a write is under way. */
  flushSync(): void {
    while (this.#writing === undefined && this.#take()) {
      try {
        if (!this.#wrote(undefined, writeSync(this.#options.descriptor(), this.#chunk))) return;
      } catch (error) {
        this.#wrote(error, 0);
        return;
      }
    }
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Makes a chunk of the waiting lines, or adds them to the one that could not be written. Returns whether there is a chunk. */
  #take(): boolean {
    if (this.#chunk.length > 0 && this.#failure === undefined) return true;
    if (this.#lines.length === 0) return this.#chunk.length > 0;
    this.#chunk = Buffer.concat([this.#chunk, Buffer.from(this.#lines.join(''))]);
    this.#lines = [];
    this.#waiting = 0;
    return true;
  }

  /** Takes the result of a write. Returns whether to go on. */
  #wrote(error: unknown, count: number): boolean {
    if (count > 0) this.#inLine = this.#chunk[count - 1] !== NEWLINE;
    this.#chunk = this.#chunk.subarray(count);
    // A pipe is full: its reader is slow.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
    const failure = error == null ? undefined : messageOf(error);
    if (failure !== undefined) this.#startLine();
    const changed = (failure === undefined) !== (this.#failure === undefined);
    this.#failure = failure;
    if (changed) this.#options.onChange?.(this.state);
    return failure === undefined;
  }

  /** Drops the rest of a line that is torn, and begins with a line break: another process may have left a torn line too. */
  #startLine(): void {
    if (this.#inLine) {
      this.#chunk = this.#chunk.subarray(this.#chunk.indexOf(NEWLINE) + 1);
      this.#inLine = false;
      this.#lost += 1;
    }
    if (this.#chunk[0] !== NEWLINE) this.#chunk = Buffer.concat([Buffer.of(NEWLINE), this.#chunk]);
  }
}
