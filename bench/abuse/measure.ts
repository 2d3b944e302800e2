import { setTimeout as sleep } from 'node:timers/promises';
import { startAttacker } from './attacker.ts';
import type { Flood } from './flood.ts';
import { startVictim } from './gateway.ts';
import { GoodCaller, type Got } from './good-caller.ts';
import { endedSince, processesOf, usageOfAll } from './processes.ts';

/** What one flood did to a gateway. */
export interface Outcome {
  name: string;
  what: string;
  /** What the good caller got before the flood and during it. */
  before: Got;
  during: Got;
  /** How often the flood had each outcome. */
  flood: Readonly<Record<string, number>>;
  /** Highest memory use of each process, in MiB. */
  peaks: ReadonlyMap<string, number>;
  /** Processor time of each process beside the good caller during the flood, in percent of one processor. */
  cpu: ReadonlyMap<string, number>;
  /** Processes that ended during the flood. */
  ended: string[];
}

/** Time for a flood to open its connections. */
const RAMP_MS = 1_500;

/** Starts a gateway, and measures the good caller without the flood and beside it. */
export async function measureFlood(name: string, flood: Flood, seconds: number): Promise<Outcome> {
  const gateway = await startVictim(flood.endedSessions ?? 0);
  const url = gateway.backendUrl(flood.goodBackend ?? 'good');
  const caller = new GoodCaller(url, await gateway.token({ subject: 'good' }));
  try {
    await caller.open();
    await caller.call(1);
    const before = await caller.call(seconds);
    const processes = processesOf(gateway);
    const attacker = startAttacker(name, gateway.url, gateway.stateDir);
    try {
      await sleep(RAMP_MS);
      const from = usageOfAll(processes);
      const during = await caller.call(seconds);
      const to = usageOfAll(processes);
      const peaks = new Map([...to].map(([process, { peakMiB }]) => [process, peakMiB]));
      const spent = (process: string, until: number) => until - (from.get(process)?.cpuSeconds ?? until);
      const cpu = new Map(
        [...to].map(([process, { cpuSeconds }]) => [process, (100 * spent(process, cpuSeconds)) / seconds]),
      );
      const ended = endedSince(processes, processesOf(gateway));
      return { name, what: flood.what, before, during, flood: await attacker.stop(), peaks, cpu, ended };
    } catch (error) {
      await attacker.stop();
      throw error;
    }
  } finally {
    caller.close();
    await gateway.stop();
  }
}
