import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupGone, signalGroup } from './group.ts';
import { splitLines } from './lines.ts';

/** How to start a child. */
export interface ChildSpec {
  /** Name in log lines and records, such as `envoy` or `everything-0`. */
  name: string;
  /** Program and arguments, started without a shell. A program without a slash is looked up in `env.PATH`. */
  command: readonly string[];
  /** The whole environment of the child. Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Working directory. Default: that of this process. */
  cwd?: string;
  /** Opens Node's message channel. The child must be a Node program. Default false. */
  ipc?: boolean;
  /** Opens the child's stdin and stdout as {@link Child.pipes}; `onLine` then gets only the lines of stderr. Default false. */
  pipes?: boolean;
  /** Called for every line of output. Default: the output is dropped. */
  onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called for every message on the channel; needs `ipc`. */
  onMessage?: (message: unknown) => void;
}

/** How a child ended. */
export interface ChildExit {
  /** Exit code; null if a signal ended it or it could not be started. */
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
  /** Settles when the process is gone and `onLine` has got its last lines. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Only with `pipes`. Write errors are ignored, because `exited` reports a child that is gone. */
  readonly pipes: { readonly stdin: Writable; readonly stdout: Readable } | undefined;
  /** Sends a message. Returns false if the channel is closed. */
  send(message: object): boolean;
  /**
   * Sends SIGTERM to the group, and SIGKILL after `graceMs` if it still has a living process. Settles when the group is gone.
   * May be called again with a shorter grace period.
   */
  stop(graceMs: number): Promise<ChildExit>;
}

/** How long to wait for output after the exit, if a process that left the group holds the pipe open. */
const LAST_OUTPUT_MS = 500;
const KILL_WAIT_MS = 2_000;

const living = new Set<number>();
let exitHookInstalled = false;

/**
 * Starts a program in its own process group. A Ctrl-C on the terminal then reaches only the gateway, which ends its children
 * in order, and `stop` also reaches processes that the program started. When the program ends by itself, the rest of its
 * group is killed. Rejects if the program cannot be started.
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
  subprocess.on('error', () => {}); // A message could not be sent: `send` and `exited` report that.
  if (spec.onMessage) subprocess.on('message', spec.onMessage);
  subprocess.stdin?.on('error', () => {});
  forwardLines(subprocess, spec.pipes ? ['stderr'] : ['stdout', 'stderr'], spec.onLine);
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

/** Describes an exit for messages: `exit code 1`, `signal SIGKILL`, or why the child could not be started. */
export function describeExit(exit: ChildExit): string {
  if (exit.error !== undefined) return exit.error;
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

async function startError(subprocess: ChildProcess, spec: ChildSpec, program: string): Promise<Error> {
  const cause = await new Promise<NodeJS.ErrnoException>((resolve) => subprocess.once('error', resolve));
  let reason = cause.message;
  // The kernel returns ENOENT both for a missing working directory and for a missing program.
  if (spec.cwd !== undefined && !existsSync(spec.cwd)) reason = `the working directory ${spec.cwd} does not exist`;
  else if (cause.code === 'ENOENT') reason = `the program ${program} was not found`;
  else if (cause.code === 'EACCES') reason = `the program ${program} is not executable`;
  return new Error(`cannot start ${spec.name}: ${reason}`, { cause });
}

function forwardLines(
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

/** Kills the group if this process exits without having stopped the child, such as after an uncaught exception. */
function endGroupAtProcessExit(pid: number): void {
  living.add(pid);
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.once('exit', () => {
    for (const groupId of living) signalGroup(groupId, 'SIGKILL');
  });
}
