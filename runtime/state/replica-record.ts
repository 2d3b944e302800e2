import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextFileSync } from '../files/read-sync.ts';

const MAX_LINES = 200;
const MAX_LINE_LENGTH = 2_000;
const MAX_HISTORY = 50;
/** Shortest interval between writes of output lines. Changes of state are written immediately. */
const WRITE_EVERY_MS = 500;

const recordSchema = z.object({
  id: z.string(),
  backend: z.string(),
  state: z.string(),
  restarts: z.number(),
  /** Milliseconds since the epoch, while it runs. */
  startedAtMs: z.number().optional(),
  /** How its last process ended. */
  lastExit: z.string().optional(),
  /** Its last lines of output, oldest first. */
  lines: z.array(z.string()),
  /** Its latest changes of state, oldest first. */
  history: z.array(z.object({ time: z.string(), what: z.string() })),
});

/** The record of a process of a backend. */
export type ReplicaRecordContent = z.output<typeof recordSchema>;

/** Keeps a file with the state, history and last output of one replica, for `backends status`. */
export class ReplicaRecord {
  readonly #file: string;
  #content: ReplicaRecordContent;
  #timer: NodeJS.Timeout | undefined;
  #removed = false;

  constructor(folder: string, id: string, backend: string) {
    this.#file = join(folder, `${id}.json`);
    this.#content = { id, backend, state: 'starting', restarts: 0, lines: [], history: [] };
  }

  /** Records a change of state, with its text for the history. */
  change(change: Pick<ReplicaRecordContent, 'state' | 'restarts' | 'startedAtMs' | 'lastExit'>, what: string): void {
    const { id, backend, lines, history } = this.#content;
    const entry = { time: new Date().toISOString(), what };
    this.#content = { id, backend, ...change, lines, history: [...history, entry].slice(-MAX_HISTORY) };
    this.#write();
  }

  /** Records a line of output. */
  line(text: string): void {
    this.#content.lines.push(text.slice(0, MAX_LINE_LENGTH));
    if (this.#content.lines.length > MAX_LINES) this.#content.lines.shift();
    this.#timer ??= setTimeout(() => this.#write(), WRITE_EVERY_MS).unref();
  }

  /** Removes the file. */
  remove(): void {
    this.#removed = true;
    clearTimeout(this.#timer);
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#removed) return;
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(this.#content), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // Not an error: the folder is removed when the gateway stops, and no request depends on a record.
    }
  }
}

/** Reads a record; undefined if there is none. */
export function readReplicaRecord(file: string): ReplicaRecordContent | undefined {
  try {
    return recordSchema.parse(JSON.parse(readTextFileSync(file)));
  } catch {
    return undefined;
  }
}
