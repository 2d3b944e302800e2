import type { Limit } from '../../core/quota/bucket.ts';
import type { Quota } from '../../core/quota/quota.ts';
import { remainingNow, tenantBuckets } from '../../core/quota/reading.ts';
import { withTopUps } from '../../core/quota/top-up.ts';
import type { UsageCount } from '../../core/quota/usage.ts';
import type { NamedUsage, QuotaState, UsageSpan } from '../../runtime/policy/quota.ts';

const PERIODS: Readonly<Record<number, string>> = { 1000: 'second', 60000: 'minute', 3600000: 'hour', 86400000: 'day' };

/** A limit as a report shows it. */
export interface ReportedLimit {
  requests: number;
  /** `second`, `minute`, `hour` or `day`. */
  per: string;
  burst: number;
}

/** A limit for display, such as `1000 per hour, burst 500`. The burst is omitted if it equals the requests. */
export function describeLimit({ requests, per, burst }: ReportedLimit): string {
  return `${requests} per ${per}${burst === requests ? '' : `, burst ${burst}`}`;
}

/** A quota for display, one line for each part, without what is left of its limits. */
export function describeQuota(quota: Quota | undefined, nowMs: number): string[] {
  if (quota === undefined) return ['no quota: unlimited'];
  const limits = limitsOf(quota).map(({ name, limit }) => `${name}: ${describeLimit(toReported(limit))}`);
  const lines = [...limits, ...describeOptions(quota, nowMs)];
  return lines.length === 0 ? ['no limits'] : lines;
}

/** The parts of a quota that are not rate limits, for display, one line each. */
export function describeOptions(quota: Quota, nowMs: number): string[] {
  const { maxConcurrent, maxStreams, dryRun } = quota;
  return [
    ...activeTopUps(quota, nowMs).map(({ requests, until }) => `top-up: ${requests} until ${until}`),
    ...(maxConcurrent === undefined ? [] : [`requests at once: ${maxConcurrent}`]),
    ...(maxStreams === undefined ? [] : [`open streams at once: ${maxStreams}`]),
    ...(dryRun ? ['dry run: nothing is denied'] : []),
  ];
}

/** Use since a point in time, as a report shows it. */
export interface ReportedSpan {
  /** RFC 3339. */
  since: string;
  all: UsageCount;
  users: (UsageCount & { name: string })[];
  backends: (UsageCount & { name: string })[];
  tools: (UsageCount & { name: string })[];
}

/** The quota in force and its use, for scripts. */
export function toReport(tenant: string, state: QuotaState, nowMs: number) {
  const { quota, redis, lastHour, lastDay } = state;
  return {
    tenant,
    store: redis ? 'redis' : 'memory',
    dryRun: quota?.dryRun ?? false,
    limits: (quota === undefined ? [] : limitsOf(quota)).map(({ name, key, limit }) => ({
      name,
      ...toReported(limit),
      ...(key === undefined ? {} : { left: leftOf(key, state, nowMs) ?? null }),
    })),
    maxConcurrent: quota?.maxConcurrent ?? null,
    maxStreams: quota?.maxStreams ?? null,
    topUps: quota === undefined ? [] : activeTopUps(quota, nowMs),
    lastHour: reported(lastHour),
    lastDay: reported(lastDay),
  };
}

function reported({ sinceMs, all, users, backends, tools }: UsageSpan): ReportedSpan {
  const named = ({ name, count }: NamedUsage) => ({ name, ...count });
  return {
    ...{ since: isoTime(sinceMs), all },
    ...{ users: users.map(named), backends: backends.map(named), tools: tools.map(named) },
  };
}

interface ShownLimit {
  name: string;
  /** Key of the bucket that all members share; undefined for a limit of each user. */
  key: string | undefined;
  limit: Limit;
}

function limitsOf(quota: Quota): ShownLimit[] {
  return [
    ...tenantBuckets(quota),
    ...(quota.user === undefined ? [] : [{ name: 'each user', key: undefined, limit: quota.user }]),
    ...quota.rules
      .filter(({ each }) => each === 'user')
      .map(({ name, limit }) => ({ name: `rule ${name}, each user`, key: undefined, limit })),
  ];
}

function leftOf(key: string, state: QuotaState, nowMs: number): number | undefined {
  const { quota, readings, processes, running = processes } = state;
  const known = readings.filter((reading) => reading.key === key);
  const bucket = quota && tenantBuckets(withTopUps(quota, nowMs)).find((one) => one.key === key);
  return bucket === undefined || known.length === 0
    ? undefined
    : remainingNow(known, bucket.limit, { nowMs, processes, running });
}

function activeTopUps({ topUps }: Quota, nowMs: number): { requests: number; until: string }[] {
  return topUps
    .filter(({ untilMs }) => untilMs > nowMs)
    .map(({ requests, untilMs }) => ({ requests, until: isoTime(untilMs) }));
}

function toReported({ requests, periodMs, burst }: Limit): ReportedLimit {
  return { requests, per: PERIODS[periodMs] ?? `${periodMs} ms`, burst };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
