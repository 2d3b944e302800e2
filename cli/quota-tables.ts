import type { z } from 'zod';
import type { quotaResult } from '../control/results.ts';
import { describeLimit, describeOptions, type ReportedSpan, toReport } from '../control/tenants/quota-report.ts';
import type { UsageCount } from '../core/quota/usage.ts';
import type { QuotaState } from '../runtime/policy/quota.ts';
import { columns } from './tables.ts';

/** Maximum number of names of each kind in a table. */
const TOP = 5;
const KINDS = ['users', 'backends', 'tools'] as const;

type QuotaResult = z.output<typeof quotaResult>;

/** The limits of a tenant and their use; before and after if they were changed. */
export function showQuota(result: QuotaResult): string[] {
  const { tenant_id, after, changed, inForce, limits, lastHour, lastDay, notes } = result;
  const left = (limits ?? []).flatMap(({ name, left: rest }) =>
    rest === undefined ? [] : [[`  ${name}`, String(rest ?? 'not used yet')]],
  );
  return [
    tenant_id,
    ...(changed ? showQuotaChange(result) : indented(after)),
    ...(changed && inForce !== null ? [inForce ? 'in force' : 'written, but not in force yet'] : []),
    ...(left.length === 0 ? [] : ['left now', ...columns(left)]),
    ...(changed || lastHour === null || lastDay === null ? [] : usageTables(lastHour, lastDay)),
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** The limits of a tenant before and after a change. */
export function showQuotaChange({ before, after }: Pick<QuotaResult, 'before' | 'after'>): string[] {
  return ['before', ...indented(before), 'after', ...indented(after)];
}

/** The quota of a tenant that is in force at a gateway, and its use. */
export function showQuotaInForce(tenant: string, state: QuotaState, nowMs: number): string[] {
  const { quota } = state;
  const { limits, lastHour, lastDay } = toReport(tenant, state, nowMs);
  const rows = limits.map(({ name, left, ...limit }) => [
    ...[name, describeLimit(limit)],
    left === undefined ? '' : String(left ?? 'not used yet'),
  ]);
  return [
    `${tenant}${quota === undefined ? ': no quota, unlimited' : ''}`,
    ...(quota === undefined ? [] : describeOptions(quota, nowMs)),
    ...(rows.length === 0 ? [] : ['', ...columns([['LIMIT', '', 'LEFT NOW'], ...rows])]),
    ...usageTables(lastHour, lastDay),
  ];
}

function usageTables(lastHour: ReportedSpan, lastDay: ReportedSpan): string[] {
  return [
    '',
    ...usageLines(`LAST HOUR (from ${lastHour.since.slice(11, 16)} UTC)`, lastHour),
    '',
    ...usageLines(`LAST DAY (from ${lastDay.since.replace('T', ' ').slice(0, 16)} UTC)`, lastDay),
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
  return columns([[title, 'REQUESTS', 'COST', 'DENIED', 'WOULD BE DENIED'], row('all', span.all), ...rows]);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
