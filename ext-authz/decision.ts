import type { Decision } from '../core/decision/decision.ts';
import type { Verdict } from './check/verdict.ts';
import type { DecodedRequest } from './decode.ts';

/** The decision in a verdict; undefined for a preflight and before the body has come: neither is allowed or denied. */
export function decisionOf(
  { request, trace }: DecodedRequest,
  { outcome, findings }: Verdict,
  durationMs: number,
): Decision | undefined {
  if (outcome.kind === 'reply' || outcome.kind === 'continue') return undefined;
  const { identity, membership, backend, message, sessionFingerprint, slot, charge } = findings;
  return {
    outcome,
    httpMethod: request.method,
    trace,
    user: identity,
    tenant: membership?.tenant.name,
    roles: membership?.roles ?? [],
    backend,
    methods: message?.methods ?? [],
    items: message?.items ?? [],
    session: sessionFingerprint,
    slot,
    charge,
    durationMs,
  };
}
