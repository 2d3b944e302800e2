import { childrenOf } from '../../test/fixtures/replica-server/processes.ts';
import { usageOf } from '../watcher/usage.ts';

/** The processes of a gateway, by name, each with its id. */
export type Processes = ReadonlyMap<string, number>;

/** `up` itself and all that it runs. */
export function processesOf(gateway: { pid: number; stateDir: string }): Processes {
  return new Map([['up', gateway.pid], ...childrenOf(gateway.stateDir)]);
}

/** The highest memory use of each process so far, in MiB. A process that has ended is not in it. */
export function peaksOf(processes: Processes): Map<string, number> {
  const peaks = new Map<string, number>();
  for (const [name, pid] of processes) {
    try {
      peaks.set(name, usageOf(pid).peakMiB);
    } catch {
      // It has ended; `endedSince` reports it.
    }
  }
  return peaks;
}

/** The names of processes that ended in between, whether or not they run again. */
export function endedSince(before: Processes, after: Processes): string[] {
  return [...before].filter(([name, pid]) => after.get(name) !== pid).map(([name]) => name);
}
