import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../runtime/log.ts';
import { type Child, type ChildExit, startChild } from '../runtime/processes/child.ts';
import { forgetChild, recordChild } from '../runtime/processes/leftovers.ts';
import { type Line, Lines } from './lines.ts';
import { StderrTail } from './stderr-tail.ts';

/** How long a server may take to end once its stdin was closed, before it gets SIGTERM (MCP, stdio, shutdown). */
const CLOSE_MS = 500;

/** What servers are started with. */
export interface ServerSpec {
  /** Program and arguments. */
  command: readonly string[];
  /** The whole environment of a server. */
  env: Readonly<Record<string, string | undefined>>;
  /** A line of output that is longer is passed over. */
  maxMessageBytes: number;
  /** How long a server may take to end after SIGTERM, before its whole group gets SIGKILL. */
  graceMs: number;
  /** File in which running servers are noted, so that somebody can end them should this process be killed. */
  recordFile: string | undefined;
}

/** A stdio server that runs: leader of a process group, which ends as a whole. */
export class ServerProcess {
  readonly pid: number;
  /** Settles when it is gone. Never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly #child: Child;
  readonly #pipes: NonNullable<Child['pipes']>;
  readonly #graceMs: number;
  readonly #words: StderrTail;
  #blocked = 0;

  private constructor(child: Child, pipes: NonNullable<Child['pipes']>, graceMs: number, words: StderrTail) {
    this.pid = child.pid;
    this.exited = child.exited;
    this.#child = child;
    this.#pipes = pipes;
    this.#graceMs = graceMs;
    this.#words = words;
  }

  /**
   * Starts a server. Rejects when it cannot be started.
   *
   * @param name the session, for log lines
   * @param onLine takes each line of stdout, and may give something to wait for before the next ones are read
   */
  static async start(
    { command, env, maxMessageBytes, graceMs, recordFile }: ServerSpec,
    name: string,
    log: Logger,
    onLine: (line: Line) => Promise<void> | undefined,
  ): Promise<ServerProcess> {
    const words = new StderrTail(env);
    const child = await startChild({
      name,
      command,
      env,
      pipes: true,
      onLine: (_stream, line) => {
        words.push(line);
        log.info(line);
      },
    });
    if (child.pipes === undefined) throw new Error(`${name} has no pipes`);
    if (recordFile !== undefined) {
      try {
        recordChild(recordFile, child);
      } catch (error) {
        await child.stop(0);
        throw error;
      }
      void child.exited.then(() => forgetChild(recordFile, child.pid));
    }
    const server = new ServerProcess(child, child.pipes, graceMs, words);
    const lines = new Lines(maxMessageBytes, (line) => server.#holdFor(onLine(line)));
    child.pipes.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    return server;
  }

  /** What it said last on stderr. */
  get lastWords(): string {
    return this.#words.text;
  }

  /** Bytes that it has not read yet. */
  get unread(): number {
    return this.#pipes.stdin.writableLength;
  }

  /** Sends it a message. */
  write(line: string): void {
    this.#pipes.stdin.write(`${line}\n`);
  }

  /** Ends it and all that it started: its stdin is closed, then SIGTERM, then SIGKILL. */
  async end(): Promise<void> {
    this.#pipes.stdin.end();
    this.#pipes.stdout.resume();
    const waiting = new AbortController();
    const patience = sleep(CLOSE_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.exited, patience]);
    waiting.abort();
    await this.#child.stop(this.#graceMs);
  }

  // A client that reads slowly slows its own server down, and nothing piles up here.
  #holdFor(wait: Promise<void> | undefined): void {
    if (wait === undefined) return;
    this.#blocked += 1;
    this.#pipes.stdout.pause();
    void wait.then(() => {
      this.#blocked -= 1;
      if (this.#blocked === 0) this.#pipes.stdout.resume();
    });
  }
}
