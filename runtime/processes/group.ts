import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDead, readProcStat } from './identity.ts';

const POLL_MS = 20;

/** Sends a signal to every process of a group. Returns false if the group has no process that can receive it. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whether the group has a living process. Zombies do not count: without an init process that reaps orphans they stay forever. */
export function groupAlive(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
  } catch (error) {
    // macOS returns EPERM for a group of zombies, Linux for a group of another user.
    return process.platform === 'linux' && (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const stat = readProcStat(entry);
    return stat !== undefined && stat.processGroup === groupId && !isDead(stat);
  });
}

/** Waits until the group has no living process. Returns false if it still has one after `timeoutMs`. */
export async function groupGone(groupId: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (groupAlive(groupId)) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await sleep(Math.min(POLL_MS, leftMs));
  }
  return true;
}
