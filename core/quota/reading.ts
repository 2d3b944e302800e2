import { answerAt, type BucketState, type Limit, levelAt } from './bucket.ts';
import type { BucketAsk } from './plan.ts';
import type { Quota } from './quota.ts';
import type { Taken } from './take.ts';

/** The last known state, in one process, of a bucket that all members of a tenant share. */
export interface BucketReading extends BucketState {
  readonly tenant: string;
  readonly key: string;
  /** Whether the state is that of Redis. Otherwise it is that of the process's own bucket, with its share. */
  readonly shared: boolean;
}

/** A bucket that all members of a tenant share. */
export interface TenantBucket {
  readonly key: string;
  /** Name for display, as in {@link BucketAsk}. */
  readonly name: string;
  readonly limit: Limit;
}

/** The buckets of a quota that all members of the tenant share. */
export function tenantBuckets({ tenant, backends, rules }: Quota): TenantBucket[] {
  return [
    ...(tenant === undefined ? [] : [{ key: 'tenant', name: 'tenant', limit: tenant }]),
    ...Object.entries(backends).map(([name, limit]) => ({ key: `backend:${name}`, name: `backend ${name}`, limit })),
    ...rules
      .filter(({ each }) => each === 'tenant')
      .map(({ name, limit }) => ({ key: `rule:${name}`, name: `rule ${name}`, limit })),
  ];
}

/** Matches keys of shared buckets. The key of a user's own bucket also has the user's identifier. */
const SHARED_KEY = /^(?:tenant|backend:[^:]+|rule:[^:]+)$/;

/** The states of the shared buckets that follow from the answers to a request. */
export function readingsOf(
  tenant: string,
  asks: readonly BucketAsk[],
  { answers }: Taken,
  { nowMs, shared }: { nowMs: number; shared: boolean },
): BucketReading[] {
  return asks.flatMap(({ key, limit }, index) => {
    const answer = answers[index];
    if (answer === undefined || !SHARED_KEY.test(key)) return [];
    // The time until the bucket is full gives the level to the millisecond; the whole requests left would not.
    const level = answer.fullMs * limit.requests;
    return [{ tenant, key, level, periodMs: limit.periodMs, atMs: nowMs, shared }];
  });
}

/**
 * Whole requests that are left in a bucket now.
 *
 * @param readings last known states of the bucket, one from each process
 * @param processes number of processes, which share the bucket evenly if there is no Redis
 * @param running how many of them are running; the share of a missing process is not available. Default: all
 */
export function remainingNow(
  readings: readonly BucketReading[],
  limit: Limit,
  { nowMs, processes, running = processes }: { nowMs: number; processes: number; running?: number },
): number {
  const newest = readings.reduce<BucketReading | undefined>(
    (a, b) => (a === undefined || b.atMs >= a.atMs ? b : a),
    undefined,
  );
  if (newest?.shared) return Math.max(0, answerAt(levelAt(newest, limit, nowMs), limit, 0).remaining);
  const levels = readings.filter(({ shared }) => !shared).map((reading) => levelAt(reading, limit, nowMs) / processes);
  const level = Math.ceil(levels.reduce((sum, one) => sum + one, 0));
  const burst = Math.floor((limit.burst * running) / processes);
  return Math.max(0, answerAt(level, { ...limit, burst }, 0).remaining);
}
