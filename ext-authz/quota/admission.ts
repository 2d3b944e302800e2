import { deny } from '../../core/mcp/denial.ts';
import { quotaDenial, rateLimitHeaders } from '../../core/quota/answer.ts';
import { planAsks, priced } from '../../core/quota/plan.ts';
import { type Quota, quotaSchema } from '../../core/quota/quota.ts';
import { readingsOf } from '../../core/quota/reading.ts';
import { withTopUps } from '../../core/quota/top-up.ts';
import type { UsageEvent } from '../../core/quota/usage.ts';
import type { Admission, AdmissionRequest } from '../check/check.ts';
import type { QuotaCounts } from './counts.ts';
import { settleTopUps } from './settle.ts';
import type { QuotaStore } from './store.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What an admission asks and tells. */
export interface AdmissionServices {
  store: QuotaStore;
  usage: Pick<UsageMeter, 'count'>;
  counts: Pick<QuotaCounts, 'count'>;
  /** Whether another gateway ended the session of a request for which the store is not asked. */
  ended: (request: AdmissionRequest) => Promise<boolean>;
  /** Whether the store is one for all processes. */
  shared: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Of a tenant that may use as much as it likes: what it uses is counted all the same. */
const UNLIMITED: Quota = quotaSchema.parse({});

/** Lets a request pass as far as the quota of its tenant goes, and says in the answer what is left of it. */
export async function admitByQuota(request: AdmissionRequest, services: AdmissionServices): Promise<Admission> {
  const { membership, backend, message, identity, route } = request;
  const { store, usage, counts, ended, shared, now } = services;
  const { name: tenant, quota: inForce = UNLIMITED } = membership.tenant;
  const quota = withTopUps(inForce, now());
  const user = identity.principal.toString('base64url');
  const question = { message, backend: backend.name, user };
  const messages = priced(quota, question);
  const event = { tenant, user: identity.subject, backend: backend.name, messages };
  const asks = planAsks(quota, question, messages);
  if (asks.length === 0) {
    if (messages.length > 0) usage.count({ ...event, outcome: 'allowed' }, []);
    return (await ended(request)) ? deny('unknown-session') : undefined;
  }
  await settleTopUps(tenant, inForce, store, now());
  const outcome = await store.take({ tenant, asks, sessionFingerprint: route.session?.fingerprint });
  if (outcome.kind === 'ended') return deny('unknown-session');
  const { taken } = outcome;
  const readings = readingsOf(tenant, asks, taken, { nowMs: now(), shared });
  const counted = outcomeOf(taken.allowed, quota);
  usage.count({ ...event, outcome: counted }, readings);
  counts.count(tenant, counted);
  if (taken.allowed || quota.dryRun) return { headers: rateLimitHeaders(asks, taken) };
  return quotaDenial(tenant, asks, taken);
}

function outcomeOf(allowed: boolean, { dryRun }: Quota): UsageEvent['outcome'] {
  if (allowed) return 'allowed';
  return dryRun ? 'would-refuse' : 'refused';
}
