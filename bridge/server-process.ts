import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../runtime/processes/child.ts';
import { endFamily, findFamily, MARK_VARIABLE } from '../runtime/processes/family.ts';
import { readProcStat } from '../runtime/processes/identity.ts';
import { forgetChild, recordChild } from '../runtime/processes/leftovers.ts';
import type { Message } from '../runtime/streamable-http/messages.ts';
import { Lines } from './lines.ts';
import { SESSION_END } from './session-end.ts';
import type { ServerStart, SessionServer } from './session-server.ts';
import { StderrTail } from './stderr-tail.ts';

/** How long a server may take to end after its stdin is closed, before it gets SIGTERM (MCP, stdio, shutdown). */
const CLOSE_MS = 500;
/** How long a process that left the server's group may take to end after SIGTERM. */
const DETACHED_GRACE_MS = 500;
const MARK_BYTES = 16;

/** How to start a server. */
export interface ServerSpec {
  /** Program and arguments. */
  command: readonly string[];
  /** The whole environment of the server. */
  env: Readonly<Record<string, string | undefined>>;
  /** Longer lines of output are dropped. */
  maxMessageBytes: number;
  /** How long a server may take to end after SIGTERM, before its process group gets SIGKILL. */
  graceMs: number;
  /** File that lists the running servers, so that they can be ended if this process is killed. */
  recordFile: string | undefined;
}

/** A running stdio server: the leader of a process group, which ends as a whole, with what left the group. */
export class ServerProcess implements SessionServer {
  readonly pid: number;
  readonly gone: Promise<string>;
  readonly #child: Child;
  readonly #pipes: NonNullable<Child['pipes']>;
  readonly #graceMs: number;
  readonly #mark: string;
  readonly #startTicks: string;
  readonly #stderr: StderrTail;
  #blocked = 0;

  private constructor(
    child: Child,
    pipes: NonNullable<Child['pipes']>,
    mark: string,
    { graceMs, stderr }: { graceMs: number; stderr: StderrTail },
  ) {
    this.pid = child.pid;
    this.#mark = mark;
    this.#startTicks = readProcStat(child.pid)?.startTicks ?? '';
    this.gone = child.exited.then(SESSION_END.exited);
    this.#child = child;
    this.#pipes = pipes;
    this.#graceMs = graceMs;
    this.#stderr = stderr;
  }

  /** Starts a server. Rejects if it cannot be started. */
  static async start(
    { command, env, maxMessageBytes, graceMs, recordFile }: ServerSpec,
    { name, log, onLine }: Omit<ServerStart, 'headers'>,
  ): Promise<ServerProcess> {
    const stderr = new StderrTail(env);
    const mark = randomBytes(MARK_BYTES).toString('hex');
    const child = await startChild({
      name,
      command,
      env: { ...env, [MARK_VARIABLE]: mark },
      pipes: true,
      onLine: (_stream, line) => {
        stderr.push(line);
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
    const server = new ServerProcess(child, child.pipes, mark, { graceMs, stderr });
    const lines = new Lines(maxMessageBytes, (line) => server.#holdFor(onLine(line)));
    child.pipes.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    return server;
  }

  get stderrTail(): string {
    return this.#stderr.text;
  }

  get unreadBytes(): number {
    return this.#pipes.stdin.writableLength;
  }

  write({ line }: Message): void {
    this.#pipes.stdin.write(`${line}\n`);
  }

  /** Ends the whole process group: closes stdin, then sends SIGTERM, then SIGKILL. Then ends what the server started outside its group. */
  async end(): Promise<void> {
    // Before anything ends: children become those of process 1 as soon as their parent is gone.
    const family = findFamily(this.#mark, [{ pid: this.pid, startTicks: this.#startTicks }]);
    this.#pipes.stdin.end();
    this.#pipes.stdout.resume();
    const waiting = new AbortController();
    const timeout = sleep(CLOSE_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.gone, timeout]);
    waiting.abort();
    await this.#child.stop(this.#graceMs);
    await endFamily(this.#mark, await family, DETACHED_GRACE_MS);
  }

  // Back-pressure: a client that reads slowly slows its own server down, and no messages pile up in the bridge.
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
