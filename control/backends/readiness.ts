import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendHealth, Installation } from '../installation.ts';

const POLL_MS = 250;

/** How to wait for a backend. */
export interface Waiting {
  seconds: number;
  /** Called with each change of the health, for display. */
  progress: (message: string, passedSeconds: number) => void;
  /** Ends the wait early. */
  signal: AbortSignal;
}

/**
 * Waits until a backend runs exactly as its spec says, or the time is up.
 *
 * @param settleMs how long after a change the reported health may still be the former one
 * @returns the last health seen; undefined if the backend was removed
 */
export async function awaitSettled(
  installation: Installation,
  name: string,
  { seconds, progress, signal }: Waiting,
  settleMs: number,
): Promise<BackendHealth | undefined> {
  const started = performance.now();
  const passedMs = () => performance.now() - started;
  let reported = '';
  for (;;) {
    const health = (await installation.get(name))?.health;
    const words = health === undefined ? 'it was removed' : describeHealth(health);
    if (words !== reported) progress(`${name}: ${words}`, Math.floor(passedMs() / 1000));
    reported = words;
    if (health?.settled === true && passedMs() >= settleMs) return health;
    if (health === undefined || passedMs() >= seconds * 1000) return health;
    await sleep(Math.min(POLL_MS, seconds * 1000), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return health;
  }
}

/** The health in words: `starting, 1 of 2 replicas healthy: ...`. */
export function describeHealth({ state, healthy, wanted, reasons }: BackendHealth): string {
  const replicas = healthy === undefined ? '' : `, ${healthy} of ${wanted ?? '?'} replicas healthy`;
  return `${state}${replicas}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}
