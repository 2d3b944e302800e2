import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Identifies a process permanently: the kernel reuses pids, but not together with the start mark. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque text, see {@link startMark}. */
  start: string;
}

/** Some fields of /proc/<pid>/stat, see proc_pid_stat(5). */
export interface ProcStat {
  /** One letter: Z for a zombie, X for a dead process. */
  state: string;
  /** Process id of the parent. */
  parent: number;
  processGroup: number;
  /** Start time in clock ticks since boot, field 22. */
  startTicks: string;
}

/**
 * The start time of a process as an opaque text: boot id and clock ticks on Linux, the date that `ps` prints elsewhere.
 * Undefined if there is no such process, or if it is a zombie.
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
  if (start === undefined)
    throw new Error('cannot find the start time of this process: neither /proc nor ps is usable');
  return { pid: process.pid, start };
}

/** Whether exactly this process is alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startMark(identity.pid) === identity.start;
}

/** Whether a process has ended and is only waiting to be reaped by its parent. */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** The stat line of a process on Linux; undefined if there is no such process. */
export function readProcStat(pid: number | string): ProcStat | undefined {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Parses a line of /proc/<pid>/stat. The second field is the program's name in parentheses and may contain anything. */
export function parseProcStat(line: string): ProcStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (!state || startTicks === undefined) return undefined;
  return { state, parent: Number(fields[1]), processGroup: Number(fields[2]), startTicks };
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
