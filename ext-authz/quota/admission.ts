import { deny } from '../../core/mcp/denial.ts';
import { quotaDenial, rateLimitHeaders } from '../../core/quota/answer.ts';
import { type Quota, quotaSchema } from '../../core/quota/quota.ts';
import { readingsOf } from '../../core/quota/reading.ts';
import type { UsageEvent } from '../../core/quota/usage.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';
import type { QuotaCounts } from './counts.ts';
import { type Plan, planOf } from './plans.ts';
import { mustSettle, settleTopUps } from './settle.ts';
import type { QuotaStore, TakeOutcome } from './store/store.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What an admission needs. */
export interface AdmissionServices {
  store: QuotaStore;
  usage: Pick<UsageMeter, 'count'>;
  counts: Pick<QuotaCounts, 'count'>;
  /** Whether another gateway ended the session of a request that does not ask the store. */
  ended: (request: AdmissionRequest) => boolean | Promise<boolean>;
  /** Whether all processes share the store. */
  shared: () => boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The quota of a tenant without limits, whose usage is counted too. */
const UNLIMITED: Quota = quotaSchema.parse({});

/**
 * Lets a request pass if the quota of its tenant allows it, with headers about what is left. Synchronous if no store has to be asked.
 * Rejects if the store does.
 */
export function admitByQuota(request: AdmissionRequest, services: AdmissionServices): Admission | Promise<Admission> {
  const { name: tenant, quota: inForce = UNLIMITED } = request.membership.tenant;
  const plan = planOf(request, inForce, services.now());
  if (plan.asks.length === 0) return admitFree(request, plan, services);
  if (mustSettle(inForce, services.now())) return settleAndAsk(request, inForce, plan, services);
  const question = { tenant, asks: plan.asks, sessionFingerprint: request.route.session?.fingerprint };
  const outcome = services.store.takeNow?.(question);
  if (outcome !== undefined) return admissionOf(outcome, request, plan, services);
  return services.store.take(question).then((taken) => admissionOf(taken, request, plan, services));
}

/** Counts a request that was denied because its tenant has too many requests or streams open. */
export function countDenied(
  request: AdmissionRequest,
  { usage, counts, now }: Pick<AdmissionServices, 'usage' | 'counts' | 'now'>,
): void {
  const { name: tenant, quota = UNLIMITED } = request.membership.tenant;
  usage.count(eventOf(request, planOf(request, quota, now()), 'refused'), []);
  counts.count(tenant, 'refused');
}

async function settleAndAsk(
  request: AdmissionRequest,
  inForce: Quota,
  plan: Plan,
  services: AdmissionServices,
): Promise<Admission> {
  const { name: tenant } = request.membership.tenant;
  await settleTopUps(tenant, inForce, services.store, services.now());
  const sessionFingerprint = request.route.session?.fingerprint;
  const outcome = await services.store.take({ tenant, asks: plan.asks, sessionFingerprint });
  return admissionOf(outcome, request, plan, services);
}

function admitFree(
  request: AdmissionRequest,
  plan: Plan,
  { usage, ended }: AdmissionServices,
): Admission | Promise<Admission> {
  if (plan.messages.length > 0) usage.count(eventOf(request, plan, 'allowed'), []);
  const denialIf = (isEnded: boolean) => (isEnded ? deny('unknown-session') : undefined);
  const isEnded = ended(request);
  return typeof isEnded === 'boolean' ? denialIf(isEnded) : isEnded.then(denialIf);
}

function admissionOf(
  outcome: TakeOutcome,
  request: AdmissionRequest,
  plan: Plan,
  { usage, counts, shared, now }: AdmissionServices,
): Admission {
  if (outcome.kind === 'ended') return deny('unknown-session');
  const { taken } = outcome;
  const { asks, quota } = plan;
  const { name: tenant } = request.membership.tenant;
  const counted = outcomeOf(taken.allowed, quota);
  usage.count(eventOf(request, plan, counted), readingsOf(tenant, asks, taken, { nowMs: now(), shared: shared() }));
  counts.count(tenant, counted);
  if (taken.allowed || quota.dryRun) return { headers: rateLimitHeaders(asks, taken) };
  return quotaDenial(tenant, asks, taken);
}

function eventOf(
  { membership, identity, backend }: AdmissionRequest,
  { messages }: Plan,
  outcome: UsageEvent['outcome'],
): UsageEvent {
  return { tenant: membership.tenant.name, user: identity.subject, backend: backend.name, messages, outcome };
}

function outcomeOf(allowed: boolean, { dryRun }: Quota): UsageEvent['outcome'] {
  if (allowed) return 'allowed';
  return dryRun ? 'would-refuse' : 'refused';
}
