import { readFileSync } from 'node:fs';

/** What a process uses (proc(5)). */
export interface Usage {
  /** Memory in use now, in MiB. */
  memoryMiB: number;
  /** The most that it was, in MiB. */
  peakMiB: number;
  /** Processor time so far, in seconds. */
  cpuSeconds: number;
}

/** Ticks of the kernel in a second; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Looks at a process of this machine. */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything; what counts comes after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { memoryMiB: mib('VmRSS'), peakMiB: mib('VmHWM'), cpuSeconds: ticks / TICKS };
}
