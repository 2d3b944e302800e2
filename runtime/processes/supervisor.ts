import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { type Backoff, backoffDelayMs, countFailures, DEFAULT_BACKOFF } from './backoff.ts';
import { type Child, type ChildExit, type ChildSpec, startChild } from './child.ts';
import { forgetChild, recordChild } from './leftovers.ts';

/** State of a supervised child. Times are milliseconds since the epoch. */
export interface SupervisedStatus {
  /** `running` means that the process exists, not that it is ready to serve. */
  state: 'starting' | 'running' | 'backing-off' | 'stopped';
  /** Only while running. */
  pid?: number;
  /** Only while running. */
  startedAt?: number;
  /** Number of restarts. */
  restarts: number;
  /** How the last run ended. */
  lastExit?: ChildExit;
  /** Only while backing off. */
  nextStartAt?: number;
}

/** Settings of {@link superviseChild}. */
export interface SuperviseOptions {
  /** Defaults as in {@link DEFAULT_BACKOFF}. */
  backoff?: Partial<Backoff>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number;
  /** A number from 0 up to 1 for the jitter. Default `Math.random`. */
  random?: () => number;
  /** Called at every change of state, for the first time before `superviseChild` returns. Must not throw. */
  onState?: (status: SupervisedStatus) => void;
  /** Record file of this process's children, see leftovers.ts. Default: the child is not recorded. */
  recordFile?: string;
}

/** A child that is restarted whenever it ends. */
export interface Supervised {
  readonly status: SupervisedStatus;
  /** The running process; undefined in every other state. */
  readonly child: Child | undefined;
  /** Ends the child as {@link Child.stop} does and does not restart it. May be called again with a shorter grace period. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a child and restarts it whenever it ends, whatever its exit code, with exponential backoff.
 *
 * @param specOf called before every start, so that each run can have its own port; a rejection counts as a failed start
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
    // stop() was called during the start and had no child to end.
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
