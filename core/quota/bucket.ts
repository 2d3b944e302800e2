/**
 * Token bucket arithmetic, the same for memory and for the Lua script in Redis (ext-authz/quota/store/script.ts).
 *
 * A bucket knows how much of it is used, not how much is left, so that a limit can change without losing what was spent. All
 * numbers are whole: the level counts in requests times the milliseconds of the period, so that each millisecond drains it by
 * exactly `requests`, and nothing is ever rounded in favour of a caller. With the bounds of {@link MAX_BURST} and a day, every
 * number stays below 2^53, which is what Redis and JavaScript can hold exactly.
 */

/** Most requests that a bucket may hold, and that may refill in one period. */
export const MAX_BURST = 100_000_000;

/** Lengths of the periods in milliseconds. */
export const PERIODS_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/**
 * A bucket that was looked at further ahead of now than this is not believed: its clock was wrong. Else nobody could use it until that
 * time has come.
 */
export const MAX_AHEAD_MS = 60_000;

/** How fast a bucket refills and how much it holds. */
export interface Limit {
  /** Requests that refill in one period. */
  readonly requests: number;
  readonly periodMs: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** What is remembered of a bucket. One that is not remembered is full. */
export interface BucketState {
  /** Requests used, times `periodMs`. */
  readonly level: number;
  /** Period that the level counts in. */
  readonly periodMs: number;
  /** When it was last looked at, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** What a bucket says to a request. */
export interface BucketAnswer {
  /** Whole requests that are left, after the request where it was let pass. */
  remaining: number;
  /** Milliseconds until the request would pass if nothing else came; 0 where it does, Infinity where it never will. */
  waitMs: number;
  /** Milliseconds until the bucket is full. */
  fullMs: number;
}

/** What is remembered of a bucket, unless it was written by a clock that cannot have been right. */
export function believed(state: BucketState | undefined, nowMs: number): BucketState | undefined {
  return state !== undefined && state.atMs > nowMs + MAX_AHEAD_MS ? undefined : state;
}

/**
 * The level of a bucket at a time. A clock that went back drains nothing. What is above a limit that was lowered is forgotten:
 * who has used up the old limit waits for the new one to refill, and not twice.
 */
export function levelAt(remembered: BucketState | undefined, limit: Limit, nowMs: number): number {
  const state = believed(remembered, nowMs);
  if (state === undefined) return 0;
  const elapsedMs = Math.max(0, nowMs - state.atMs);
  const level =
    state.periodMs === limit.periodMs ? state.level : Math.ceil((state.level / state.periodMs) * limit.periodMs);
  // Before it refills: a refusal remembers nothing, so what is above would be paid back first.
  return Math.max(0, Math.min(level, limit.burst * limit.periodMs) - elapsedMs * limit.requests);
}

/** Whether a request of this cost fits at a level. One that costs more than the bucket holds never does. */
export function fits(level: number, limit: Limit, cost: number): boolean {
  return level + cost * limit.periodMs <= limit.burst * limit.periodMs;
}

/** What a bucket at a level has to say about a request of this cost. */
export function answerAt(level: number, limit: Limit, cost: number): BucketAnswer {
  const { requests, periodMs, burst } = limit;
  const over = level + cost * periodMs - burst * periodMs;
  return {
    remaining: Math.floor((burst * periodMs - level) / periodMs),
    waitMs: over <= 0 ? 0 : cost > burst ? Number.POSITIVE_INFINITY : Math.ceil(over / requests),
    fullMs: Math.ceil(level / requests),
  };
}
