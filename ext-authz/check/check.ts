import { type Denial, deny, type RequestId } from '../../core/mcp/denial.ts';
import { readMessage } from '../../core/mcp/message.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { TokenVerifier } from '../identity/verify.ts';
import { type AdmissionRule, admit } from './admission.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { findMember } from './member.ts';
import type { HttpRequest } from './request.ts';
import { readRequestId } from './request-id.ts';
import type { SessionOpener } from './session-opener.ts';
import { findBackend, findMembership, identify } from './steps-caller.ts';
import { checkItems, checkScopes, filteringOf, findVisibility, isFiltered } from './steps-policy.ts';
import { checkEdge, readTarget } from './steps-request.ts';
import { route } from './steps-session.ts';
import type { UpstreamHeadersOf } from './upstream.ts';
import type { Findings, Verdict } from './verdict.ts';

/** What a check needs besides the request. */
export interface CheckServices {
  /** The policy in force; undefined before the first one has arrived. */
  policy: Policy | undefined;
  verifier: Pick<TokenVerifier, 'verify'>;
  sessions: SessionOpener;
  upstream: UpstreamHeadersOf;
  /** Applied in this order; the first denial counts. */
  admission: readonly AdmissionRule[];
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Whether to stop once the caller and the tenant are known, because the body is still to come. */
  callerOnly?: boolean;
  /** Whether Envoy has stopped waiting, because the client is gone or the deadline has passed. */
  isAbandoned: () => boolean;
}

/**
 * Decides about one request. Each step finds one thing or denies the request; the first denial is the answer, and no later step runs.
 * Clients see the order, so it is deliberate: see decision 046. Only promises are awaited.
 */
export async function check(request: HttpRequest, services: CheckServices): Promise<Verdict> {
  const findings: Findings = { id: null };
  let responseHeaders: Verdict['responseHeaders'] = {};
  const denied = (denial: Denial, id: RequestId = readRequestId(request)): Verdict => {
    return { outcome: denial, findings: { ...findings, id }, responseHeaders };
  };
  const { policy, verifier, sessions } = services;
  if (policy === undefined) return denied(deny('unavailable', { headers: { 'retry-after': '1' } }));

  // 1. the shape of the request, and the path that it is for
  const edge = checkEdge(request, policy.settings);
  if (edge !== undefined) return denied(edge);
  responseHeaders = corsHeaders(request);
  if (isPreflight(request)) {
    return {
      outcome: { kind: 'reply', status: 204 },
      findings,
      responseHeaders: { ...responseHeaders, ...preflightHeaders() },
    };
  }
  const target = readTarget(request);
  if ('kind' in target) return denied(target);
  findings.backend = target.backend;

  // 2. the caller
  const identified = identify(request, target.backend, policy.settings, verifier);
  const identity = identified instanceof Promise ? await identified : identified;
  if ('kind' in identity) return denied(identity);
  findings.identity = identity;

  // 3. the tenant for which the caller acts, and its roles there
  const membership = findMembership(request, identity, policy.settings);
  if ('kind' in membership) return denied(membership);
  findings.membership = membership;
  if (services.callerOnly === true) return { outcome: { kind: 'continue' }, findings, responseHeaders };

  // 4. the MCP message, and its era
  // Envoy itself denies most of these, but may have read more than the limit while the caller was checked.
  if (request.truncated === true) return denied(deny('body-too-large'), null);
  const read = readMessage({
    method: request.method,
    contentType: request.headers['content-type'],
    contentEncoding: request.headers['content-encoding'],
    protocolVersion: request.headers['mcp-protocol-version'],
    mcpMethod: request.headers['mcp-method'],
    mcpName: request.headers['mcp-name'],
    body: request.body,
  });
  if (read.kind === 'denied') return denied(read.denial, read.id);
  const { message } = read;
  findings.id = message.id;
  findings.message = message;

  // 5. the backend that the message is for
  const member = findMember(target, message);
  findings.backend = member;

  // 6. whether the caller may use it; nothing before this depends on whether it exists
  const backend = findBackend(member, membership, policy);
  if ('kind' in backend) return denied(backend, message.id);

  // 7. the tools, prompts and resources that the message names, and the scopes that it needs
  const visibility = findVisibility(backend, membership);
  const forbidden = checkItems(message, visibility) ?? checkScopes(message, backend, identity, policy.settings);
  if (forbidden !== undefined) return denied(forbidden, message.id);

  // 8. the session, and the lane
  const routed = route({
    request,
    target,
    message,
    backend,
    owner: { backend: backend.name, tenant: membership.tenant.name, principal: identity.principal },
    policy,
    sessions,
    nowSeconds: Math.floor(services.now() / 1000),
    filtered: filteringOf(request, message, visibility, () => isFiltered(backend, policy.settings.tenants)),
  });
  if ('kind' in routed) return denied(routed, message.id);
  if (routed.session !== undefined) findings.sessionFingerprint = routed.session.fingerprint;

  // 9. what the server gets from the gateway: identity headers and a credential
  const found = services.upstream(backend, identity, membership);
  const upstreamHeaders = found instanceof Promise ? await found : found;
  if ('kind' in upstreamHeaders) return denied(upstreamHeaders, message.id);

  // 10. slots and quotas, last: a request that any other step denies takes none, nor does one for which Envoy no longer waits
  if (services.isAbandoned()) return denied(deny('abandoned'), message.id);
  const question = { httpMethod: request.method, identity, membership, backend, message, route: routed };
  const admission = await admit(question, services.admission);
  findings.charge = admission.charge;
  if (!admission.admitted) return denied(admission.denial, message.id);
  findings.slot = admission.slot;
  return {
    outcome: { kind: 'allow', ...routed, upstreamHeaders },
    findings,
    responseHeaders: { ...responseHeaders, ...admission.headers },
  };
}
