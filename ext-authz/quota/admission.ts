import type { Charge } from '../../core/decision/decision.ts';
import { deny } from '../../core/mcp/denial.ts';
import { quotaDenial, rateLimitHeaders } from '../../core/quota/answer.ts';
import { type Quota, quotaSchema } from '../../core/quota/quota.ts';
import { readingsOf } from '../../core/quota/reading.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';
import { type Plan, planOf } from './plans.ts';
import { mustSettle, settleTopUps } from './settle.ts';
import type { QuotaStore, TakeOutcome } from './store/store.ts';

/** What an admission needs. */
export interface AdmissionServices {
  store: QuotaStore;
  /** Whether another gateway ended the session of a request that does not ask the store. */
  ended: (request: AdmissionRequest) => boolean | Promise<boolean>;
  /** Whether all processes share the store. */
  shared: () => boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const SESSION_ENDED = deny('unknown-session');

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
  const question = { tenant, asks: plan.asks, session: request.route.session };
  const outcome = services.store.takeNow?.(question);
  if (outcome !== undefined) return admissionOf(outcome, request, plan, services);
  return services.store.take(question).then((taken) => admissionOf(taken, request, plan, services));
}

/** The charge of a request that was denied because its tenant has too many requests or streams open. */
export function chargeOfDenied(request: AdmissionRequest, nowMs: number): Charge {
  const { messages } = planOf(request, request.membership.tenant.quota ?? UNLIMITED, nowMs);
  return { outcome: 'refused', messages, readings: [] };
}

async function settleAndAsk(
  request: AdmissionRequest,
  inForce: Quota,
  plan: Plan,
  services: AdmissionServices,
): Promise<Admission> {
  const { name: tenant } = request.membership.tenant;
  await settleTopUps(tenant, inForce, services.store, services.now());
  const outcome = await services.store.take({ tenant, asks: plan.asks, session: request.route.session });
  return admissionOf(outcome, request, plan, services);
}

function admitFree(
  request: AdmissionRequest,
  { messages }: Plan,
  { ended }: AdmissionServices,
): Admission | Promise<Admission> {
  const answer = (isEnded: boolean): Admission =>
    isEnded
      ? { admitted: false, denial: SESSION_ENDED }
      : { admitted: true, headers: {}, charge: { outcome: 'free', messages, readings: [] } };
  const isEnded = ended(request);
  return typeof isEnded === 'boolean' ? answer(isEnded) : isEnded.then(answer);
}

function admissionOf(
  outcome: TakeOutcome,
  request: AdmissionRequest,
  { asks, quota, messages }: Plan,
  { shared, now }: AdmissionServices,
): Admission {
  if (outcome.kind === 'ended') return { admitted: false, denial: SESSION_ENDED };
  const { taken } = outcome;
  const { name: tenant } = request.membership.tenant;
  const readings = readingsOf(tenant, asks, taken, { nowMs: now(), shared: shared() });
  const charge: Charge = { outcome: outcomeOf(taken.allowed, quota), messages, readings };
  if (charge.outcome === 'refused') return { admitted: false, denial: quotaDenial(tenant, asks, taken), charge };
  return { admitted: true, headers: rateLimitHeaders(asks, taken), charge };
}

function outcomeOf(allowed: boolean, { dryRun }: Quota): Charge['outcome'] {
  if (allowed) return 'allowed';
  return dryRun ? 'would-refuse' : 'refused';
}
