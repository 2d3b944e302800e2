import type { UsageEvent } from '../quota/usage.ts';
import type { Charge, Decision } from './decision.ts';

/** The outcome of a request that has a quota, for the count of such requests. */
export type QuotaOutcome = Exclude<Charge['outcome'], 'free'>;

/** What a decision adds to the usage of its tenant: nothing if the request did not reach the quotas, or costs nothing there. */
export function usageEventOf({ tenant, user, backend, charge }: Decision): UsageEvent | undefined {
  if (tenant === undefined || user === undefined || backend === undefined || charge === undefined) return undefined;
  const { outcome, messages } = charge;
  if (outcome === 'unavailable' || (outcome === 'free' && messages.length === 0)) return undefined;
  return { tenant, user: user.subject, backend, messages, outcome: outcome === 'free' ? 'allowed' : outcome };
}

/** What a decision adds to the count of requests that have a quota. */
export function quotaOutcomeOf({ charge }: Decision): QuotaOutcome | undefined {
  return charge === undefined || charge.outcome === 'free' ? undefined : charge.outcome;
}
