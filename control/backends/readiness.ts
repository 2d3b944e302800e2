import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendHealth, Installation } from '../installation.ts';

const POLL_MS = 250;

/** How somebody waits. */
export interface Waiting {
  seconds: number;
  /** Called with what changed while it is waited for, for people. */
  progress: (message: string, passedSeconds: number) => void;
  /** Ends the waiting. */
  signal: AbortSignal;
}

/**
 * Waits until everything of a backend is as its spec wants it, or the time is up. Gives the health that was seen last.
 *
 * @param settleMs after a change, how long the health may still be that of before
 */
export async function awaitSettled(
  installation: Installation,
  name: string,
  { seconds, progress, signal }: Waiting,
  settleMs: number,
): Promise<BackendHealth | undefined> {
  const started = performance.now();
  const passedMs = () => performance.now() - started;
  let told = '';
  for (;;) {
    const health = (await installation.get(name))?.health;
    const words = health === undefined ? 'it is gone' : describeHealth(health);
    if (words !== told) progress(`${name}: ${words}`, Math.floor(passedMs() / 1000));
    told = words;
    if (health?.settled === true && passedMs() >= settleMs) return health;
    if (health === undefined || passedMs() >= seconds * 1000) return health;
    await sleep(Math.min(POLL_MS, seconds * 1000), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return health;
  }
}

/** A health in words: `starting, 1 of 2 replicas healthy: ...`. */
export function describeHealth({ state, healthy, wanted, reasons }: BackendHealth): string {
  const replicas = healthy === undefined ? '' : `, ${healthy} of ${wanted ?? '?'} replicas healthy`;
  return `${state}${replicas}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}
