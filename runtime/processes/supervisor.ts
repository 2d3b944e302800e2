import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { type Backoff, backoffDelayMs, countFailures, DEFAULT_BACKOFF } from './backoff.ts';
import { type Child, type ChildExit, type ChildSpec, startChild } from './child.ts';
import { forgetChild, recordChild } from './leftovers.ts';

/** What a supervised child is doing. Times are milliseconds since the epoch. */
export interface SupervisedStatus {
  /** `running` says that the process exists, not that it is ready to serve. */
  state: 'starting' | 'running' | 'backing-off' | 'stopped';
  /** While running. */
  pid?: number;
  /** While running. */
  startedAt?: number;
  /** How many times it was started again. */
  restarts: number;
  /** How the last run ended. */
  lastExit?: ChildExit;
  /** While backing off. */
  nextStartAt?: number;
}

/** Settings of {@link superviseChild}. */
export interface SuperviseOptions {
  /** Defaults as in {@link DEFAULT_BACKOFF}. */
  backoff?: Partial<Backoff>;
  /** The time in milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number;
  /** A number from 0 up to 1 for the jitter. Default `Math.random`. */
  random?: () => number;
  /** Called at every change of state, first before `superviseChild` returns. Must not throw. */
  onState?: (status: SupervisedStatus) => void;
  /** The record file of this process's children, see leftovers.ts. Without it they are not recorded. */
  recordFile?: string;
}

/** A child that is started again whenever it ends. */
export interface Supervised {
  readonly status: SupervisedStatus;
  /** The running process, undefined in every other state. */
  readonly child: Child | undefined;
  /** Ends the child as {@link Child.stop} does and starts it no more. May be called again with a shorter grace. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a child and starts it again whenever it ends, whatever its exit code, with exponential back-off.
 * @param specOf asked before every start, so that each run can have a port of its own; a rejection counts as a failed start
 */
export function superviseChild(
  specOf: () => ChildSpec | Promise<ChildSpec>,
  options: SuperviseOptions = {},
): Supervised {
  const { clock = Date.now, random = Math.random, onState, recordFile } = options;
  const backoff: Backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
  const ending = new AbortController();
  let stopGraceMs = 0;
  let child: Child | undefined;
  let status: SupervisedStatus = { state: 'starting', restarts: 0 };

  const change = (next: SupervisedStatus): void => {
    status = next;
    onState?.(next);
  };

  async function runOnce(history: Pick<SupervisedStatus, 'restarts' | 'lastExit'>): Promise<ChildExit> {
    try {
      const spec = await specOf();
      if (ending.signal.aborted) return { code: null, signal: null };
      child = await startChild(spec);
      if (recordFile !== undefined) recordChild(recordFile, child);
    } catch (error) {
      await child?.stop(0); // It runs but could not be recorded.
      child = undefined;
      return { code: null, signal: null, error: messageOf(error) };
    }
    const { pid, startedAt, exited } = child;
    // Stopped while the program was being started: stop() had no child to end.
    if (ending.signal.aborted) void child.stop(stopGraceMs);
    else change({ ...history, state: 'running', pid, startedAt });
    const exit = await exited;
    if (recordFile !== undefined) forgetChild(recordFile, pid);
    child = undefined;
    return exit;
  }

  async function keepRunning(): Promise<void> {
    let failures = 0;
    let history: Pick<SupervisedStatus, 'restarts' | 'lastExit'> = { restarts: 0 };
    for (;;) {
      change({ ...history, state: 'starting' });
      const startedAt = clock();
      const exit = await runOnce(history);
      if (ending.signal.aborted) break;
      failures = countFailures(failures, clock() - startedAt, backoff);
      const waitMs = backoffDelayMs(failures, backoff, random());
      change({ ...history, lastExit: exit, state: 'backing-off', nextStartAt: clock() + waitMs });
      await sleep(waitMs, undefined, { signal: ending.signal }).catch(() => {});
      history = { restarts: history.restarts, lastExit: exit };
      if (ending.signal.aborted) break;
      history.restarts += 1;
    }
    change({ ...history, state: 'stopped' });
  }

  const ended = keepRunning();
  return {
    get status() {
      return status;
    },
    get child() {
      return child;
    },
    async stop(graceMs) {
      stopGraceMs = graceMs;
      ending.abort();
      await child?.stop(graceMs);
      await ended;
    },
  };
}
