/**
 * Token bucket arithmetic. The Lua script in Redis (ext-authz/quota/store/script.ts) computes the same.
 *
 * A bucket stores how much of it is used, not how much is left, so that a limit can change without losing what was spent. All numbers
 * are whole: the level is in requests times the milliseconds of the period, so that each millisecond drains it by exactly `requests`,
 * and nothing is ever rounded in favor of a caller. With the bounds of {@link MAX_BURST} and a day, every number stays below 2^53,
 * up to which Redis and JavaScript are exact.
 */

/** Upper bound for the requests that a bucket can hold, and for those that refill in one period. */
export const MAX_BURST = 100_000_000;

/** Lengths of the periods in milliseconds. */
export const PERIODS_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/**
 * A bucket whose time is further in the future than this is ignored, since the clock that wrote it was wrong. Otherwise it could not
 * be used until that time.
 */
export const MAX_AHEAD_MS = 60_000;

/** How fast a bucket refills and how much it holds. */
export interface Limit {
  /** Requests that refill in one period. */
  readonly requests: number;
  readonly periodMs: number;
  /** Requests that a full bucket holds. */
  readonly burst: number;
}

/** The stored state of a bucket. A bucket without state is full. */
export interface BucketState {
  /** Requests used, times `periodMs`. */
  readonly level: number;
  /** The period to which the level refers. */
  readonly periodMs: number;
  /** When the level was computed, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** The answer of a bucket to a request. */
export interface BucketAnswer {
  /** Whole requests that are left; after the request, if it passed. */
  remaining: number;
  /** Milliseconds until the request would pass if no others came; 0 if it passes, Infinity if it never will. */
  waitMs: number;
  /** Milliseconds until the bucket is full. */
  fullMs: number;
}

/** The stored state of a bucket, or undefined if the clock that wrote it was wrong. */
export function plausible(state: BucketState | undefined, nowMs: number): BucketState | undefined {
  return state !== undefined && state.atMs > nowMs + MAX_AHEAD_MS ? undefined : state;
}

/**
 * The level of a bucket at a given time. A clock that was set back drains nothing. If the limit was lowered, usage above the new limit
 * is dropped: a caller that has used up the old limit waits for the new one to refill once, not longer.
 */
export function levelAt(remembered: BucketState | undefined, limit: Limit, nowMs: number): number {
  const state = plausible(remembered, nowMs);
  if (state === undefined) return 0;
  const elapsedMs = Math.max(0, nowMs - state.atMs);
  const level =
    state.periodMs === limit.periodMs ? state.level : Math.ceil((state.level / state.periodMs) * limit.periodMs);
  // Cap before refilling: a denied request stores nothing, so usage above the limit would have to drain first.
  return Math.max(0, Math.min(level, limit.burst * limit.periodMs) - elapsedMs * limit.requests);
}

/** Whether a request of this cost fits at a level. A request that costs more than the bucket holds never fits. */
export function fits(level: number, limit: Limit, cost: number): boolean {
  return level + cost * limit.periodMs <= limit.burst * limit.periodMs;
}

/** The answer of a bucket at a level to a request of this cost. */
export function answerAt(level: number, limit: Limit, cost: number): BucketAnswer {
  const { requests, periodMs, burst } = limit;
  const over = level + cost * periodMs - burst * periodMs;
  return {
    remaining: Math.floor((burst * periodMs - level) / periodMs),
    waitMs: over <= 0 ? 0 : cost > burst ? Number.POSITIVE_INFINITY : Math.ceil(over / requests),
    fullMs: Math.ceil(level / requests),
  };
}
