import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const MAX_LINES = 200;
const MAX_LINE_LENGTH = 2_000;
const MAX_HISTORY = 50;
/** Lines are written this often at most; changes of state at once. */
const WRITE_EVERY_MS = 500;

const recordSchema = z.object({
  id: z.string(),
  backend: z.string(),
  state: z.string(),
  restarts: z.number(),
  /** Milliseconds since the epoch, while it runs. */
  startedAtMs: z.number().optional(),
  /** How it ended last. */
  lastExit: z.string().optional(),
  /** What it wrote last, oldest first. */
  lines: z.array(z.string()),
  /** What became of it, oldest first. */
  history: z.array(z.object({ time: z.string(), what: z.string() })),
});

/** What is known of a process of a backend, for those who look after it. */
export type ReplicaRecordContent = z.output<typeof recordSchema>;

/** Keeps a file with what became of one replica and what it wrote last, for `backends status`. */
export class ReplicaRecord {
  readonly #file: string;
  #content: ReplicaRecordContent;
  #timer: NodeJS.Timeout | undefined;
  #removed = false;

  constructor(folder: string, id: string, backend: string) {
    this.#file = join(folder, `${id}.json`);
    this.#content = { id, backend, state: 'starting', restarts: 0, lines: [], history: [] };
  }

  /** Notes a change of state, with words for the history. */
  change(change: Pick<ReplicaRecordContent, 'state' | 'restarts' | 'startedAtMs' | 'lastExit'>, what: string): void {
    const { id, backend, lines, history } = this.#content;
    const entry = { time: new Date().toISOString(), what };
    this.#content = { id, backend, ...change, lines, history: [...history, entry].slice(-MAX_HISTORY) };
    this.#write();
  }

  /** Notes a line that it wrote. */
  line(text: string): void {
    this.#content.lines.push(text.slice(0, MAX_LINE_LENGTH));
    if (this.#content.lines.length > MAX_LINES) this.#content.lines.shift();
    this.#timer ??= setTimeout(() => this.#write(), WRITE_EVERY_MS).unref();
  }

  /** Ends it. */
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
      // The folder goes with the gateway, and nobody is served worse without a record.
    }
  }
}

/** Reads a record; undefined where there is none. */
export function readReplicaRecord(file: string): ReplicaRecordContent | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
