import { type Denial, deny, type RequestId } from '../../core/mcp/denial.ts';
import { readMessage } from '../../core/mcp/message.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { TokenVerifier } from '../identity/verify.ts';
import { type AdmissionRule, admit } from './admission.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import type { HttpRequest } from './request.ts';
import { readRequestId } from './request-id.ts';
import type { SessionOpener } from './session-opener.ts';
import { findBackend, findMembership, identify } from './steps-caller.ts';
import { checkItems, checkScopes, findVisibility, isPolicyOn } from './steps-policy.ts';
import { checkEdge, readTarget } from './steps-request.ts';
import { route } from './steps-session.ts';
import { upstreamHeaders } from './upstream.ts';
import type { Findings, Verdict } from './verdict.ts';

/** What a check needs besides the request. */
export interface CheckServices {
  /** The policy in force; undefined before the first one came. */
  policy: Policy | undefined;
  verifier: Pick<TokenVerifier, 'verify'>;
  sessions: SessionOpener;
  /** Asked in this order, the first refusal counts. */
  admission: readonly AdmissionRule[];
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Decides about one request. Each step finds one thing out or refuses; nothing after a refusal is looked at.
 */
export async function check(request: HttpRequest, services: CheckServices): Promise<Verdict> {
  const findings: Findings = { id: null };
  let responseHeaders: Verdict['responseHeaders'] = {};
  const refuse = (denial: Denial, id: RequestId = readRequestId(request)): Verdict => {
    return { outcome: denial, findings: { ...findings, id }, responseHeaders };
  };
  const { policy, verifier, sessions } = services;
  if (policy === undefined) return refuse(deny('unavailable', { headers: { 'retry-after': '1' } }));

  // 1. the request's shape
  const edge = checkEdge(request, policy.settings);
  if (edge !== undefined) return refuse(edge);
  responseHeaders = corsHeaders(request);
  if (isPreflight(request)) {
    return {
      outcome: { kind: 'reply', status: 204 },
      findings,
      responseHeaders: { ...responseHeaders, ...preflightHeaders() },
    };
  }
  const target = readTarget(request);
  if ('kind' in target) return refuse(target);
  findings.backend = target.backend;

  // 2. who asks
  const identified = identify(request, target.backend, policy.settings, verifier);
  const identity = identified instanceof Promise ? await identified : identified;
  if ('kind' in identity) return refuse(identity);
  findings.identity = identity;

  // 3. for which tenant
  const membership = findMembership(request, identity, policy.settings);
  if ('kind' in membership) return refuse(membership);
  findings.membership = membership;

  // 4. which backend, and may a member of that tenant use it
  const backend = findBackend(target.backend, membership, policy);
  if ('kind' in backend) return refuse(backend);

  // 5. which MCP message, of which era
  const read = readMessage({
    method: request.method,
    contentType: request.headers['content-type'],
    contentEncoding: request.headers['content-encoding'],
    protocolVersion: request.headers['mcp-protocol-version'],
    mcpMethod: request.headers['mcp-method'],
    mcpName: request.headers['mcp-name'],
    body: request.body,
  });
  if (read.kind === 'denied') return refuse(read.denial, read.id);
  const { message } = read;
  findings.id = message.id;
  findings.message = message;

  // 6. with which tools, prompts and resources, and scopes
  const visibility = findVisibility(backend, membership);
  const unfit = checkItems(message, visibility) ?? checkScopes(message, backend, identity, policy.settings);
  if (unfit !== undefined) return refuse(unfit, message.id);

  // 7. in which session, by which lane
  const owner = { backend: backend.name, tenant: membership.tenant.name, principal: identity.principal };
  const outcome = route({
    request,
    target,
    message,
    backend,
    owner,
    policy,
    sessions,
    nowSeconds: Math.floor(services.now() / 1000),
    upstreamHeaders: upstreamHeaders(backend, identity, membership),
    // Also a GET: a stream that was broken goes on there, with the answer to a list in it.
    filtered: message.lists
      ? isPolicyOn(backend, policy.settings.tenants)
      : visibility.hides && request.method === 'GET',
  });
  if (outcome.kind === 'deny') return refuse(outcome, message.id);
  if (outcome.session !== undefined) findings.sessionFingerprint = outcome.session.fingerprint;

  // 8. quotas
  const question = { httpMethod: request.method, identity, membership, backend, message, route: outcome };
  const admission = await admit(question, services.admission);
  if ('kind' in admission) return refuse(admission, message.id);
  if (admission.slot !== undefined) findings.slot = admission.slot;
  return { outcome, findings, responseHeaders: { ...responseHeaders, ...admission.headers } };
}
