import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import type { Child } from './children.ts';

const RETRY_MS = 50;

/**
 * Repeats `attempt` until it returns a value.
 * @throws UserError `backend-failed` if the program ends or `timeoutMs` (default 20,000) pass before
 */
export async function untilReady<T>(
  child: Child,
  attempt: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  let ended = false;
  void child.ended.then(() => {
    ended = true;
  });
  const deadline = performance.now() + timeoutMs;
  while (!ended && performance.now() < deadline) {
    const value = await attempt().catch(() => undefined);
    if (value !== undefined) return value;
    await sleep(RETRY_MS);
  }
  const what = ended ? 'ended before it was ready' : `was not ready within ${timeoutMs / 1000} s`;
  throw new UserError('backend-failed', `${child.name} ${what}: ${child.lastLines.join('\n')}`);
}
