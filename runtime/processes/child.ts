import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupGone, signalGroup } from './group.ts';
import { splitLines } from './lines.ts';

/** What to start. */
export interface ChildSpec {
  /** For log lines and records, such as `envoy` or `everything-0`. */
  name: string;
  /** Program and arguments, started without a shell. The program is looked up in `env.PATH` when it holds no slash. */
  command: readonly string[];
  /** The whole environment of the child. Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Working directory. Default: the one of this process. */
  cwd?: string;
  /** Opens Node's message channel to a child that is a Node program. Default false. */
  ipc?: boolean;
  /** Opens the child's stdin and stdout as {@link Child.pipes}; `onLine` then gets the lines of stderr alone. Default false. */
  pipes?: boolean;
  /** Called for every line of output. Without it the output is dropped. */
  onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called for every message of the channel; needs `ipc`. */
  onMessage?: (message: unknown) => void;
}

/** How a child ended. */
export interface ChildExit {
  /** Exit status; null when a signal ended it, or when it could not be started. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  error?: string;
}

/** A running child, leader of a process group of its own. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Settles when the process is gone and its last lines were handed on. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** There with `pipes` alone. Errors of writing are swallowed: `exited` tells of a child that is gone. */
  readonly pipes: { readonly stdin: Writable; readonly stdout: Readable } | undefined;
  /** Sends a message; false when there is no channel any more. */
  send(message: object): boolean;
  /**
   * SIGTERM to the group; SIGKILL to whoever of it still lives after `graceMs`. Settles when it is gone. May be called
   * again with a shorter grace.
   */
  stop(graceMs: number): Promise<ChildExit>;
}

/** How long output may still arrive after the exit, from a process that left the group and holds the pipe. */
const LAST_OUTPUT_MS = 500;
const KILL_WAIT_MS = 2_000;

const living = new Set<number>();
let exitHookInstalled = false;

/**
 * Starts a program in a process group of its own, so that a Ctrl-C on the terminal reaches only the gateway, which
 * ends its children in order, and so that `stop` also reaches what the program itself started. What is left of the
 * group when the program ends by itself is killed. Rejects when it cannot be started.
 */
export async function startChild(spec: ChildSpec): Promise<Child> {
  const [program = '', ...args] = spec.command;
  const output = spec.onLine ? 'pipe' : 'ignore';
  const stdio: ('pipe' | 'ignore' | 'ipc')[] = spec.pipes ? ['pipe', 'pipe', output] : ['ignore', output, output];
  const subprocess = spawn(program, args, {
    detached: true,
    stdio: spec.ipc ? [...stdio, 'ipc'] : stdio,
    ...(spec.env && { env: { ...spec.env } }),
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
  });
  const startedAt = Date.now();
  const { pid } = subprocess;
  if (pid === undefined) throw await startError(subprocess, spec, program);
  endGroupAtProcessExit(pid);

  let stopping = false;
  let gone = false;
  subprocess.on('error', () => {}); // A message that could not be sent; `send` and `exited` tell all there is to know.
  if (spec.onMessage) subprocess.on('message', spec.onMessage);
  subprocess.stdin?.on('error', () => {});
  handOnLines(subprocess, spec.pipes ? ['stderr'] : ['stdout', 'stderr'], spec.onLine);
  const { stdin, stdout } = subprocess;

  const left = new Promise<ChildExit>((resolve) => {
    subprocess.once('exit', (code, signal) => {
      if (!stopping) {
        signalGroup(pid, 'SIGKILL');
        gone = true;
        living.delete(pid);
      }
      resolve({ code, signal });
    });
  });
  const closed = new Promise<void>((resolve) => subprocess.once('close', () => resolve()));
  const exited = left.then(async (exit) => {
    await settledWithin(closed, LAST_OUTPUT_MS);
    subprocess.stdout?.destroy();
    subprocess.stderr?.destroy();
    return exit;
  });

  return {
    name: spec.name,
    pid,
    startedAt,
    exited,
    pipes: stdin && stdout ? { stdin, stdout } : undefined,
    send(message) {
      return subprocess.connected && subprocess.send(message);
    },
    async stop(graceMs) {
      if (gone) return exited;
      if (!stopping) signalGroup(pid, 'SIGTERM');
      stopping = true;
      const deadline = performance.now() + graceMs;
      await settledWithin(left, graceMs);
      const over = await groupGone(pid, Math.max(0, deadline - performance.now()));
      if (!over && !gone) {
        signalGroup(pid, 'SIGKILL');
        await left;
        await groupGone(pid, KILL_WAIT_MS);
      }
      gone = true;
      living.delete(pid);
      return exited;
    },
  };
}

/** One phrase about an exit, for log lines: `exit code 1`, `signal SIGKILL`, or why it could not be started. */
export function describeExit(exit: ChildExit): string {
  if (exit.error !== undefined) return exit.error;
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

async function startError(subprocess: ChildProcess, spec: ChildSpec, program: string): Promise<Error> {
  const cause = await new Promise<NodeJS.ErrnoException>((resolve) => subprocess.once('error', resolve));
  let reason = cause.message;
  // The kernel answers ENOENT for a missing working directory and for a missing program alike.
  if (spec.cwd !== undefined && !existsSync(spec.cwd)) reason = `the working directory ${spec.cwd} does not exist`;
  else if (cause.code === 'ENOENT') reason = `the program ${program} was not found`;
  else if (cause.code === 'EACCES') reason = `the program ${program} may not be executed`;
  return new Error(`cannot start ${spec.name}: ${reason}`, { cause });
}

function handOnLines(
  subprocess: ChildProcess,
  streams: readonly ('stdout' | 'stderr')[],
  onLine: ChildSpec['onLine'],
): void {
  if (!onLine) return;
  for (const stream of streams) {
    const lines = splitLines((line) => onLine(stream, line));
    subprocess[stream]?.setEncoding('utf8');
    subprocess[stream]?.on('data', (text: string) => lines.push(text));
    subprocess[stream]?.once('close', () => lines.end());
  }
}

async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}

/** When this process ends without having stopped a child, such as after an uncaught exception, the child ends too. */
function endGroupAtProcessExit(pid: number): void {
  living.add(pid);
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.once('exit', () => {
    for (const groupId of living) signalGroup(groupId, 'SIGKILL');
  });
}
