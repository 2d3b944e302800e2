import { appendFileSync, chmodSync, closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import type { EndedSession } from '../../core/session/ended-record.ts';
import type { EndedSessions } from '../../core/session/ended-sessions.ts';
import type { Logger } from '../../runtime/log.ts';
import { EndedLines, endedLine, endedLines } from './ended-line.ts';

/** A file that has grown by fewer lines is not rewritten. */
const GROWTH = 10_000;

/** What the file of ended sessions is opened with. */
export interface EndedSessionsFileOptions {
  file: string;
  /** Gets the sessions of the file when it is opened. Has all that are appended. */
  ended: EndedSessions;
  log: Logger;
  /** Seconds since the epoch. Default: the clock. */
  now?: () => number;
}

/**
 * Remembers ended sessions across restarts of the watcher, in a line for each. Lines are appended; once the file has
 * twice as many as when it was last written, and 10,000 more, a new one is written next to it, piece by piece, and replaces it.
 */
export class EndedSessionsFile {
  readonly #options: Required<EndedSessionsFileOptions>;
  #lines = 0;
  /** Number of lines when the file was last written as a whole. */
  #kept = 0;
  #failing = false;
  /** Lines that were appended while a new file is being written; undefined if none is. */
  #meanwhile: string[] | undefined;
  #compaction: Promise<void> = Promise.resolve();

  /** Opens the file, and adds its sessions that have not expired. */
  constructor(options: EndedSessionsFileOptions) {
    this.#options = { now: () => Math.floor(Date.now() / 1000), ...options };
    const { file } = options;
    rmSync(`${file}.new`, { force: true });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.#read();
    this.#kept = options.ended.size;
    this.#compactIfWorthwhile();
  }

  /** Resolves once no new file is being written. */
  get settled(): Promise<void> {
    return this.#compaction;
  }

  /** Appends a session. If the file cannot be written, a restart would forget it; this is logged once. */
  append(session: EndedSession): void {
    const { file, log } = this.#options;
    const line = endedLine(session);
    this.#meanwhile?.push(line);
    try {
      appendFileSync(file, line, { mode: 0o600 });
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.error({ file, reason: messageOf(error) }, 'the end of a session was not written to its file');
      this.#failing = true;
    }
    this.#lines += 1;
    this.#compactIfWorthwhile();
  }

  #read(): void {
    const { file, ended, now } = this.#options;
    const nowSeconds = now();
    const lines = new EndedLines((words) => ended.add(words, nowSeconds));
    const source = openSync(file, 'r');
    try {
      lines.readAll((buffer, from) => readSync(source, buffer, from, buffer.length - from, null));
    } finally {
      closeSync(source);
    }
    // Otherwise the next line would continue one that was cut off.
    if (lines.unfinished) appendFileSync(file, '\n');
    this.#lines = lines.count;
  }

  #compactIfWorthwhile(): void {
    const { file, log } = this.#options;
    if (this.#meanwhile !== undefined || this.#lines < 2 * this.#kept + GROWTH) return;
    this.#meanwhile = [];
    this.#compaction = this.#compact().catch((error: unknown) => {
      log.error({ file, reason: messageOf(error) }, 'the file of ended sessions was not rewritten');
      // Not before as many lines have been added again.
      this.#kept = this.#lines;
      this.#meanwhile = undefined;
    });
  }

  async #compact(): Promise<void> {
    const { file, ended } = this.#options;
    const target = await open(`${file}.new`, 'w', 0o600);
    try {
      let lines = 0;
      for (const records of ended.packed()) lines += await append(target, endedLines(records));
      // From here to the replacement nothing can be added.
      const meanwhile = this.#meanwhile ?? [];
      writeSync(target.fd, meanwhile.join(''));
      renameSync(`${file}.new`, file);
      this.#lines = lines + meanwhile.length;
      this.#kept = this.#lines;
      this.#meanwhile = undefined;
    } finally {
      await target.close();
    }
  }
}

async function append(target: FileHandle, lines: string): Promise<number> {
  await target.writeFile(lines);
  return lines.split('\n').length - 1;
}
