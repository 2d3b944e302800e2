import { childrenOf } from '../../test/fixtures/replica-server/processes.ts';
import { type Usage, usageOf } from '../watcher/usage.ts';

/** The processes of a gateway, by name, each with its id. */
export type Processes = ReadonlyMap<string, number>;

/** `up` itself and all that it runs. */
export function processesOf(gateway: { pid: number; stateDir: string }): Processes {
  return new Map([['up', gateway.pid], ...childrenOf(gateway.stateDir)]);
}

/** What each process has used so far (`peakMiB`, `cpuSeconds`). A process that has ended is not in it. */
export function usageOfAll(processes: Processes): Map<string, Usage> {
  const usage = new Map<string, Usage>();
  for (const [name, pid] of processes) {
    try {
      usage.set(name, usageOf(pid));
    } catch {
      // It has ended; `endedSince` reports it.
    }
  }
  return usage;
}

/** The names of processes that ended in between, whether or not they run again. */
export function endedSince(before: Processes, after: Processes): string[] {
  return [...before].filter(([name, pid]) => after.get(name) !== pid).map(([name]) => name);
}
