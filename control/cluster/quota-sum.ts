import { sumCounts, type UsageCount } from '../../core/quota/usage.ts';
import type { NamedUsage, QuotaState, UsageSpan } from '../../runtime/policy/quota.ts';

/**
 * Combines the quota states of several gateways.
 *
 * - Use is added up: each gateway counts the requests that it served.
 * - Readings of buckets are kept apart: of a bucket in Redis the newest reading counts, and buckets of single processes are added up.
 * - The limits are those of the first gateway. Callers compare them with the others themselves.
 * - Without Redis only processes that run can spend their share, so `running` is their number.
 *
 * @param processes ext-authz processes of the gateways that answered
 */
export function sumQuotas([first, ...others]: readonly [QuotaState, ...QuotaState[]], processes: number): QuotaState {
  const all = [first, ...others];
  return {
    ...first,
    readings: all.flatMap(({ readings }) => readings),
    lastHour: sumSpans(all.map(({ lastHour }) => lastHour)),
    lastDay: sumSpans(all.map(({ lastDay }) => lastDay)),
    running: processes,
  };
}

function sumSpans(spans: readonly UsageSpan[]): UsageSpan {
  const names = (kind: 'users' | 'backends' | 'tools') => sumNames(spans.flatMap((span) => span[kind]));
  return {
    // The clocks of the gateways differ a little; nothing that is counted is older than this.
    sinceMs: Math.min(...spans.map(({ sinceMs }) => sinceMs)),
    all: spans.map(({ all }) => all).reduce((a, b) => sumCounts(a, b)),
    ...{ users: names('users'), backends: names('backends'), tools: names('tools') },
  };
}

// The order in which gateways report names: most requests first, denied ones included.
function sumNames(rows: readonly NamedUsage[]): NamedUsage[] {
  const sums = new Map<string, UsageCount>();
  for (const { name, count } of rows) {
    const known = sums.get(name);
    sums.set(name, known === undefined ? count : sumCounts(known, count));
  }
  const weight = ({ count }: NamedUsage) => count.requests + count.refused;
  return [...sums].map(([name, count]) => ({ name, count })).sort((a, b) => weight(b) - weight(a));
}
