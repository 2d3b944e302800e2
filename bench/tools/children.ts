import { UserError } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { type Child as Process, startChild } from '../../runtime/processes/child.ts';

/** A program to start. */
export interface ProgramSpec {
  /** For messages. */
  name: string;
  /** Path, or a name that is looked up on PATH. */
  command: string;
  args: readonly string[];
  /** Variables in addition to those of the harness. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** A program that runs until it is stopped. */
export interface Child {
  readonly name: string;
  /** Its last lines of output, for messages. */
  readonly lastLines: readonly string[];
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Calls the listener with every line of output, past and future. */
  onLine(listener: (line: string) => void): void;
  stop(): Promise<void>;
}

const KEPT_LINES = 40;
const STOP_GRACE_MS = 5_000;

/** All programs that the harness has started, so that they end with it. */
export class Children {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #log: Logger;
  readonly #running = new Set<Process>();
  #closed = false;

  constructor(environment: Readonly<Record<string, string | undefined>>, log: Logger) {
    this.#environment = environment;
    this.#log = log;
  }

  /** Starts a program that runs until it is stopped. If it ends before, that is logged with its last lines. */
  async start(spec: ProgramSpec): Promise<Child> {
    const lines: string[] = [];
    const listeners: ((line: string) => void)[] = [];
    let stopping = false;
    const process = await this.#spawn(spec, (line) => {
      if (lines.push(line) > KEPT_LINES) lines.shift();
      for (const listener of listeners) listener(line);
    });
    const ended = process.exited.then(({ code, signal }) => {
      if (stopping || this.#closed) return;
      this.#log.error(
        { program: spec.name, code, signal, output: lines },
        'a program of the benchmark ended unexpectedly',
      );
    });
    return {
      name: spec.name,
      lastLines: lines,
      ended,
      onLine: (listener) => {
        for (const line of lines) listener(line);
        listeners.push(listener);
      },
      stop: async () => {
        stopping = true;
        await process.stop(STOP_GRACE_MS);
      },
    };
  }

  /**
   * Runs a program to its end and returns what it wrote to stdout.
   * @throws UserError `missing-file` if there is no such program, `backend-failed` if it fails
   */
  async run(spec: ProgramSpec): Promise<string> {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const process = await this.#spawn(spec, (line, stream) => (stream === 'stdout' ? stdout : stderr).push(line));
    const { code, signal } = await process.exited;
    if (code === 0) return stdout.join('\n');
    const words = [...stderr, ...stdout].slice(-KEPT_LINES).join('\n');
    throw new UserError('backend-failed', `${spec.name} failed (${signal ?? `status ${code}`}): ${words}`);
  }

  /** Stops all of them; no more can be started. */
  async stopAll(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((process) => process.stop(STOP_GRACE_MS)));
  }

  async #spawn(spec: ProgramSpec, onLine: (line: string, stream: 'stdout' | 'stderr') => void): Promise<Process> {
    if (this.#closed) throw new UserError('not-running', `${spec.name} was not started: the benchmark is ending`);
    const process = await startChild({
      name: spec.name,
      command: [spec.command, ...spec.args],
      env: { ...this.#environment, ...spec.env },
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      onLine: (stream, line) => onLine(line, stream),
    });
    this.#running.add(process);
    void process.exited.then(() => this.#running.delete(process));
    if (this.#closed) await process.stop(STOP_GRACE_MS);
    return process;
  }
}

/**
 * Waits for a line of output that matches.
 * @throws UserError `backend-failed` if the program ends or `timeoutMs` (default 20,000) pass before
 */
export async function lineFrom(child: Child, pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) =>
      reject(new UserError('backend-failed', `${child.name} ${what}: ${child.lastLines.join('\n')}`));
    const timer = setTimeout(
      () => fail(`wrote no line that matches ${pattern} within ${timeoutMs / 1000} s`),
      timeoutMs,
    );
    child.onLine((line) => {
      const match = pattern.exec(line);
      if (match) resolve(match);
      if (match) clearTimeout(timer);
    });
    void child.ended.then(() => {
      clearTimeout(timer);
      fail('ended before it was ready');
    });
  });
}
