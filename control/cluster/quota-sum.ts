import { sumCounts, type UsageCount } from '../../core/quota/usage.ts';
import type { NamedUsage, QuotaState, UsageSpan } from '../../runtime/policy/quota.ts';

/**
 * What several gateways know of a quota as one.
 *
 * - Use adds up: each counts what went through itself.
 * - Readings of buckets stay apart, and {@link QuotaState.readings} is said to hold those of all processes: of a bucket in Redis the
 *   newest one counts, and buckets of single processes add up.
 * - The limits are those of the first; whether the others have the same ones is another question.
 * - Without Redis only processes that are there give anything out, so `running` says how many they are.
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
    // Their clocks differ a little; nothing that is counted is older than this.
    sinceMs: Math.min(...spans.map(({ sinceMs }) => sinceMs)),
    all: spans.map(({ all }) => all).reduce((a, b) => sumCounts(a, b)),
    ...{ users: names('users'), backends: names('backends'), tools: names('tools') },
  };
}

// As each gateway tells them: those with most requests first, refused ones included.
function sumNames(rows: readonly NamedUsage[]): NamedUsage[] {
  const sums = new Map<string, UsageCount>();
  for (const { name, count } of rows) {
    const known = sums.get(name);
    sums.set(name, known === undefined ? count : sumCounts(known, count));
  }
  const weight = ({ count }: NamedUsage) => count.requests + count.refused;
  return [...sums].map(([name, count]) => ({ name, count })).sort((a, b) => weight(b) - weight(a));
}
