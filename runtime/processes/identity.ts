import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What identifies a process for good: the kernel uses a pid again, but not with the same start mark. */
export interface ProcessIdentity {
  pid: number;
  /** An opaque text, see {@link startMark}. */
  start: string;
}

/** The fields of /proc/<pid>/stat that are in use, see proc_pid_stat(5). */
export interface ProcStat {
  /** One letter; Z is a zombie, X is dead. */
  state: string;
  processGroup: number;
  /** Clock ticks after boot, field 22. */
  startTicks: string;
}

/**
 * When a process started, as a text to compare: boot id and clock ticks on Linux, the date that `ps` tells elsewhere.
 * Undefined when there is no such process, also when it ended and only waits to be reaped.
 */
export function startMark(pid: number): string | undefined {
  if (process.platform !== 'linux') return startMarkFromPs(pid);
  const stat = readProcStat(pid);
  if (stat === undefined || isDead(stat)) return undefined;
  return `${bootId()}/${stat.startTicks}`;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  const start = startMark(process.pid);
  if (start === undefined) throw new Error('cannot tell when this process started: neither /proc nor ps can be used');
  return { pid: process.pid, start };
}

/** True while exactly that process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startMark(identity.pid) === identity.start;
}

/** True for a process that ended and only waits to be reaped by its parent. */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** Linux only: the stat line of a process, undefined when there is no such process. */
export function readProcStat(pid: number | string): ProcStat | undefined {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads a line of /proc/<pid>/stat. The second field is the program's name in parentheses and may hold anything. */
export function parseProcStat(line: string): ProcStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (!state || startTicks === undefined) return undefined;
  return { state, processGroup: Number(fields[2]), startTicks };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown-boot';
  }
}

function startMarkFromPs(pid: number): string | undefined {
  const ps = spawnSync('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state, ...date] = (ps.stdout ?? '').trim().split(/\s+/);
  if (ps.status !== 0 || !state || state.startsWith('Z')) return undefined;
  return date.join(' ');
}
