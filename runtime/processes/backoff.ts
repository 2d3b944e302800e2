/** How long to wait before a child that ended is restarted. */
export interface Backoff {
  /** Wait before the first restart. Default 200 ms. */
  initialMs: number;
  /** Longest wait. Default 30,000 ms. */
  maxMs: number;
  /** After a run of this length the next wait is `initialMs` again. Default 60,000 ms. */
  resetAfterMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { initialMs: 200, maxMs: 30_000, resetAfterMs: 60_000 };

/** Number of short runs in a row, including the last one, which lasted `ranMs`. */
export function countFailures(before: number, ranMs: number, { resetAfterMs }: Pick<Backoff, 'resetAfterMs'>): number {
  return ranMs >= resetAfterMs ? 1 : before + 1;
}

/**
 * The wait before the next start after `failures` (1 or more) in a row: doubled each time up to the maximum. Half of it is
 * fixed and half random, so that replicas that ended together do not restart together.
 *
 * @param random a number from 0 up to 1
 */
export function backoffDelayMs(
  failures: number,
  { initialMs, maxMs }: Pick<Backoff, 'initialMs' | 'maxMs'>,
  random: number,
): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** (failures - 1));
  return Math.round(fullMs / 2 + (fullMs / 2) * random);
}
