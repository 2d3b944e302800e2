import { type BucketAsk, type Priced, planAsks, priced } from '../../core/quota/plan.ts';
import type { Quota } from '../../core/quota/quota.ts';
import { withTopUps } from '../../core/quota/top-up.ts';
import type { AdmissionRequest } from '../check/admission.ts';
import type { Identity } from '../identity/identity.ts';

/** What a request asks of the quota of its tenant. */
export interface Plan {
  /** Including the present top-ups. */
  readonly quota: Quota;
  /** The messages that cost something. */
  readonly messages: readonly Priced[];
  /** Empty if the request costs nothing. The same array for requests that ask the same. */
  readonly asks: readonly BucketAsk[];
}

/** Maximum number of cached plans per quota. */
const MAX_PLANS = 5_000;
/** Plans with a longer key are not cached. */
const MAX_KEY_LENGTH = 512;

// A changed quota is a new object, so that cached values live only as long as what they were made from.
const plans = new WeakMap<Quota, Map<string, Plan>>();
const toppedUp = new WeakMap<Quota, Quota>();
const users = new WeakMap<Identity, string>();

/** What a request asks of its quota; cached for requests that ask the same. */
export function planOf(request: AdmissionRequest, inForce: Quota, nowMs: number): Plan {
  const quota = quotaAt(inForce, nowMs);
  const { message, backend, identity } = request;
  const user = userOf(identity);
  const question = { message, backend: backend.name, user };
  const [method, another] = message.methods;
  const [item] = message.items;
  const key = `${backend.name} ${user} ${item?.kind} ${method} ${item?.name}`;
  // Batches vary too much to be cached.
  if (another !== undefined || message.items.length > 1 || key.length > MAX_KEY_LENGTH) return plan(quota, question);
  const known = plans.get(quota) ?? new Map<string, Plan>();
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const made = plan(quota, question);
  if (known.size >= MAX_PLANS) known.clear();
  known.set(key, made);
  plans.set(quota, known);
  return made;
}

function userOf(identity: Identity): string {
  const known = users.get(identity);
  if (known !== undefined) return known;
  const user = identity.principal.toString('base64url');
  users.set(identity, user);
  return user;
}

function plan(quota: Quota, question: Parameters<typeof planAsks>[1]): Plan {
  const messages = priced(quota, question);
  return { quota, messages, asks: planAsks(quota, question, messages) };
}

// Returns the same object as long as the same top-ups are in force.
function quotaAt(inForce: Quota, nowMs: number): Quota {
  if (inForce.topUps.length === 0) return inForce;
  const quota = withTopUps(inForce, nowMs);
  const known = toppedUp.get(inForce);
  if (known?.tenant?.burst === quota.tenant?.burst && known !== undefined) return known;
  toppedUp.set(inForce, quota);
  return quota;
}
