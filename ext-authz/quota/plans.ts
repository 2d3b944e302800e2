import { type BucketAsk, type Priced, planAsks, priced } from '../../core/quota/plan.ts';
import type { Quota } from '../../core/quota/quota.ts';
import { withTopUps } from '../../core/quota/top-up.ts';
import type { AdmissionRequest } from '../check/admission.ts';
import type { Identity } from '../identity/identity.ts';

/** What a request asks of the quota of its tenant. */
export interface Plan {
  /** With the top-ups of now. */
  readonly quota: Quota;
  /** Messages that cost something. */
  readonly messages: readonly Priced[];
  /** None where it costs nothing. The same array for the same question. */
  readonly asks: readonly BucketAsk[];
}

/** More plans of one quota than this are not remembered. */
const MAX_PLANS = 5_000;
/** Longer names are not remembered. */
const MAX_KEY_LENGTH = 512;

// A change of a quota is a new value, so that nothing here outlives what it was made from.
const plans = new WeakMap<Quota, Map<string, Plan>>();
const toppedUp = new WeakMap<Quota, Quota>();
const users = new WeakMap<Identity, string>();

/** What a request asks; made once for requests that ask the same. */
export function planOf(request: AdmissionRequest, inForce: Quota, nowMs: number): Plan {
  const quota = quotaAt(inForce, nowMs);
  const { message, backend, identity } = request;
  const user = userOf(identity);
  const question = { message, backend: backend.name, user };
  const [method, another] = message.methods;
  const [item] = message.items;
  const key = `${backend.name} ${user} ${item?.kind} ${method} ${item?.name}`;
  // A batch can ask anything.
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

// The same value for as long as the same top-ups are in force.
function quotaAt(inForce: Quota, nowMs: number): Quota {
  if (inForce.topUps.length === 0) return inForce;
  const quota = withTopUps(inForce, nowMs);
  const known = toppedUp.get(inForce);
  if (known?.tenant?.burst === quota.tenant?.burst && known !== undefined) return known;
  toppedUp.set(inForce, quota);
  return quota;
}
