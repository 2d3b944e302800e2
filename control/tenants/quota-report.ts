import type { Limit } from '../../core/quota/bucket.ts';
import type { Quota } from '../../core/quota/quota.ts';
import { remainingNow, tenantBuckets } from '../../core/quota/reading.ts';
import { withTopUps } from '../../core/quota/top-up.ts';
import type { UsageCount } from '../../core/quota/usage.ts';
import type { NamedUsage, QuotaState, UsageSpan } from '../../runtime/policy/quota.ts';

const PERIODS: Readonly<Record<number, string>> = { 1000: 'second', 60000: 'minute', 3600000: 'hour', 86400000: 'day' };
/** Names of each kind in a table. */
const TOP = 5;
const KINDS = ['users', 'backends', 'tools'] as const;

/** A limit for people, such as `1000 per hour, burst 500`; the burst is left out where it is what refills in a period. */
export function describeLimit({ requests, periodMs, burst }: Limit): string {
  const period = PERIODS[periodMs] ?? `${periodMs} ms`;
  return `${requests} per ${period}${burst === requests ? '' : `, burst ${burst}`}`;
}

/** The limits of a quota, one line each, without what is left of them. */
export function describeQuota(quota: Quota | undefined, nowMs: number): string[] {
  if (quota === undefined) return ['no quota: as much as it likes'];
  const lines = [
    ...limitsOf(quota).map(({ name, limit }) => `${name}: ${describeLimit(limit)}`),
    ...activeTopUps(quota, nowMs).map(({ requests, until }) => `top-up: ${requests} until ${until}`),
    ...atOnce(quota),
    ...(quota.dryRun ? ['dry run: nothing is refused'] : []),
  ];
  return lines.length === 0 ? ['no limits'] : lines;
}

/** What was used since a time, as a report has it. */
export interface ReportedSpan {
  /** RFC 3339. */
  since: string;
  all: UsageCount;
  users: (UsageCount & { name: string })[];
  backends: (UsageCount & { name: string })[];
  tools: (UsageCount & { name: string })[];
}

/** All that is known of a quota, for scripts. */
export function toReport(tenant: string, state: QuotaState, nowMs: number) {
  const { quota, redis, lastHour, lastDay } = state;
  return {
    tenant,
    store: redis ? 'redis' : 'memory',
    dryRun: quota?.dryRun ?? false,
    limits: (quota === undefined ? [] : limitsOf(quota)).map(({ name, key, limit }) => ({
      name,
      ...{ requests: limit.requests, per: PERIODS[limit.periodMs], burst: limit.burst },
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

/** The same for people, as lines. */
export function toTable(tenant: string, state: QuotaState, nowMs: number): string[] {
  const { quota, lastHour, lastDay } = state;
  const rows = (quota === undefined ? [] : limitsOf(quota)).map(({ name, key, limit }) => [
    name,
    describeLimit(limit),
    key === undefined ? '' : String(leftOf(key, state, nowMs) ?? 'not asked yet'),
  ]);
  return [
    `${tenant}${quota === undefined ? ': no quota, as much as it likes' : ''}`,
    ...(quota?.dryRun ? ['dry run: nothing is refused'] : []),
    ...(quota === undefined ? [] : activeTopUps(quota, nowMs)).map(
      (one) => `top-up of ${one.requests} until ${one.until}`,
    ),
    ...(quota === undefined ? [] : atOnce(quota)),
    ...(rows.length === 0 ? [] : ['', ...columns([['LIMIT', '', 'LEFT NOW'], ...rows])]),
    ...usageTables(reported(lastHour), reported(lastDay)),
  ];
}

/** What was used, by whom and for what, for people. */
export function usageTables(lastHour: ReportedSpan, lastDay: ReportedSpan): string[] {
  return [
    '',
    ...usageLines(`LAST HOUR (from ${lastHour.since.slice(11, 16)} UTC)`, lastHour),
    '',
    ...usageLines(`LAST DAY (from ${lastDay.since.replace('T', ' ').slice(0, 16)} UTC)`, lastDay),
  ];
}

interface ShownLimit {
  name: string;
  /** Of the bucket that all members share; undefined where each user has one. */
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

function atOnce({ maxConcurrent, maxStreams }: Quota): string[] {
  return [
    ...(maxConcurrent === undefined ? [] : [`requests at once: ${maxConcurrent}`]),
    ...(maxStreams === undefined ? [] : [`open streams at once: ${maxStreams}`]),
  ];
}

function usageLines(title: string, span: ReportedSpan): string[] {
  const row = (name: string, { requests, cost, refused, wouldRefuse }: UsageCount) => [
    name,
    ...[requests, cost, refused, wouldRefuse].map(String),
  ];
  const rows = KINDS.flatMap((kind) =>
    span[kind].slice(0, TOP).map(({ name, ...count }) => row(`  ${kind.slice(0, -1)} ${name}`, count)),
  );
  return columns([[title, 'REQUESTS', 'COST', 'REFUSED', 'WOULD BE REFUSED'], row('all', span.all), ...rows]);
}

/** Rows of cells as lines with aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
