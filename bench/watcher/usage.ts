import { readFileSync } from 'node:fs';

/** The resources that a process uses (proc(5)). */
export interface Usage {
  /** Memory in use now, in MiB. */
  memoryMiB: number;
  /** Highest memory use so far, in MiB. */
  peakMiB: number;
  /** Processor time so far, in seconds. */
  cpuSeconds: number;
}

/** Kernel clock ticks per second; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Reads the usage of a process on this machine. */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may contain anything; the fields follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { memoryMiB: mib('VmRSS'), peakMiB: mib('VmHWM'), cpuSeconds: ticks / TICKS };
}
