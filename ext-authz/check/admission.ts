import type { Denial } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { PolicyBackend } from '../../core/policy/policy.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';
import type { Route } from './verdict.ts';

/** A request that passed every step before: what quotas decide about. */
export interface AdmissionRequest {
  httpMethod: string;
  identity: Identity;
  membership: Membership;
  backend: PolicyBackend;
  message: McpMessage;
  route: Route;
}

/** What a rule says of a request that passes. */
export interface Admitted {
  /** For the answer. */
  headers: Readonly<Record<string, string>>;
  /** The place that it takes. */
  slot?: string;
  /** Called where a later rule does not let it pass. */
  undo?: () => void;
}

/** What a rule says: nothing, how a request passes, or a refusal. */
export type Admission = Admitted | Denial | undefined;

/** A last say on a request. Quotas are such rules. */
export type AdmissionRule = (request: AdmissionRequest) => Admission | Promise<Admission>;

/** Asks rules in their order. The first refusal counts, and then what the rules before it did is undone. */
export async function admit(request: AdmissionRequest, rules: readonly AdmissionRule[]): Promise<Admitted | Denial> {
  const admitted: Admitted = { headers: {} };
  const undoes: (() => void)[] = [];
  let passes = false;
  try {
    for (const rule of rules) {
      const asked = rule(request);
      const admission = asked instanceof Promise ? await asked : asked;
      if (admission === undefined) continue;
      if ('kind' in admission) return admission;
      admitted.headers = { ...admitted.headers, ...admission.headers };
      if (admission.slot !== undefined) admitted.slot = admission.slot;
      if (admission.undo !== undefined) undoes.push(admission.undo);
    }
    passes = true;
    return admitted;
  } finally {
    if (!passes) for (const undo of undoes) undo();
  }
}
