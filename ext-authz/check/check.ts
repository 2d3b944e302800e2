import { type Denial, deny, type RequestId } from '../../core/mcp/denial.ts';
import { type McpMessage, readMessage } from '../../core/mcp/message.ts';
import type { Policy, PolicyBackend } from '../../core/policy/policy.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Identity } from '../identity/identity.ts';
import type { TokenVerifier } from '../identity/verify.ts';
import type { HttpRequest } from './request.ts';
import { readRequestId } from './request-id.ts';
import type { SessionOpener } from './session-opener.ts';
import { findBackend, findTenant, identify } from './steps-caller.ts';
import { checkEdge, readTarget } from './steps-request.ts';
import { route } from './steps-session.ts';
import type { Allow, Findings, Verdict } from './verdict.ts';

/** A request that passed every step before: what policy and quota decide about. */
export interface AdmissionRequest {
  identity: Identity;
  tenant: Tenant;
  backend: PolicyBackend;
  message: McpMessage;
  route: Allow;
}

/** A last say on a request: a refusal, or undefined to let it pass. Policy and quota are such rules. */
export type AdmissionRule = (request: AdmissionRequest) => Denial | undefined | Promise<Denial | undefined>;

/** What a check needs besides the request. */
export interface CheckServices {
  /** The policy in force; undefined before the first one came. */
  policy: Policy | undefined;
  verifier: TokenVerifier;
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
  const refuse = (denial: Denial, id: RequestId = readRequestId(request)): Verdict => {
    return { outcome: denial, findings: { ...findings, id } };
  };
  const { policy, verifier, sessions } = services;
  if (policy === undefined) return refuse(deny('unavailable', { headers: { 'retry-after': '1' } }));

  // 1. the request's shape
  const edge = checkEdge(request, policy.settings);
  if (edge !== undefined) return refuse(edge);
  const target = readTarget(request);
  if ('kind' in target) return refuse(target);
  findings.backend = target.backend;

  // 2. who asks
  const identity = await identify(request, target.backend, policy.settings, verifier);
  if ('kind' in identity) return refuse(identity);
  findings.identity = identity;

  // 3. for which tenant
  const tenant = findTenant(identity, policy.settings);
  if ('kind' in tenant) return refuse(tenant);
  findings.tenant = tenant.name;

  // 4. which backend, and may that tenant use it
  const backend = findBackend(target.backend, tenant, policy);
  if ('kind' in backend) return refuse(backend);

  // 5. which MCP message, of which era
  const read = readMessage({
    method: request.method,
    contentType: request.headers['content-type'],
    protocolVersion: request.headers['mcp-protocol-version'],
    mcpMethod: request.headers['mcp-method'],
    mcpName: request.headers['mcp-name'],
    body: request.body,
  });
  if (read.kind === 'refused') return refuse(read.denial, read.id);
  const { message } = read;
  findings.id = message.id;

  // 6. in which session, by which lane
  const owner = { backend: backend.name, tenant: tenant.name, principal: identity.principal };
  const nowSeconds = Math.floor(services.now() / 1000);
  const outcome = route({ request, target, message, backend, owner, policy, sessions, nowSeconds });
  if (outcome.kind === 'deny') return refuse(outcome, message.id);

  // 7. policy and quota
  for (const rule of services.admission) {
    const denial = await rule({ identity, tenant, backend, message, route: outcome });
    if (denial !== undefined) return refuse(denial, message.id);
  }
  return { outcome, findings };
}
