import type { Charge } from '../../core/decision/decision.ts';
import type { Denial } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { PolicyBackend } from '../../core/policy/policy.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';
import type { Route } from './verdict.ts';

/** A request that passed all other steps. */
export interface AdmissionRequest {
  httpMethod: string;
  identity: Identity;
  membership: Membership;
  backend: PolicyBackend;
  message: McpMessage;
  route: Route;
}

/** A rule lets a request pass. */
export interface Admitted {
  admitted: true;
  /** Headers of the response. */
  headers: Readonly<Record<string, string>>;
  /** The slot that the request takes. */
  slot?: string;
  charge?: Charge;
  /** Called if a later rule denies the request. */
  undo?: () => void;
}

/** A rule denies a request. */
export interface NotAdmitted {
  admitted: false;
  denial: Denial;
  charge?: Charge;
}

/** The answer of a rule; undefined if it does not apply. */
export type Admission = Admitted | NotAdmitted | undefined;

/** The last check of a request: slots and quotas are such rules. */
export type AdmissionRule = (request: AdmissionRequest) => Admission | Promise<Admission>;

/** Applies rules in their order. The first denial counts; then the effects of earlier rules are undone. */
export async function admit(
  request: AdmissionRequest,
  rules: readonly AdmissionRule[],
): Promise<Admitted | NotAdmitted> {
  const admitted: Admitted = { admitted: true, headers: {} };
  const undoes: (() => void)[] = [];
  let passes = false;
  try {
    for (const rule of rules) {
      const answer = rule(request);
      const admission = answer instanceof Promise ? await answer : answer;
      if (admission === undefined) continue;
      if (!admission.admitted) return admission;
      admitted.headers = { ...admitted.headers, ...admission.headers };
      if (admission.slot !== undefined) admitted.slot = admission.slot;
      if (admission.charge !== undefined) admitted.charge = admission.charge;
      if (admission.undo !== undefined) undoes.push(admission.undo);
    }
    passes = true;
    return admitted;
  } finally {
    if (!passes) for (const undo of undoes) undo();
  }
}
