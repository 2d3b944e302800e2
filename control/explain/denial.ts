import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { GatewayDenialReason } from '../../core/mcp/denial.ts';
import type { AuditLine, Installation } from '../installation.ts';
import type { denialResult } from '../results.ts';
import type { Viewer } from './session.ts';

/** What each refusal means, and what somebody can do about it. */
const EXPLANATIONS: Readonly<Record<GatewayDenialReason, readonly [meaning: string, remedy: string]>> = {
  'bad-request': ['The request is not one of MCP.', 'The client must be mended; the message says what is wrong.'],
  'parse-error': ['The body is not valid JSON.', 'The client must be mended.'],
  unauthenticated: [
    'The request carried no access token.',
    'The client must log in; it finds the way in WWW-Authenticate of the 401.',
  ],
  'invalid-token': [
    'The access token was not accepted: its signature, issuer, audience or time.',
    'Compare the issuer and audience of the token with gateway.yaml; mcp-gateway check --online asks the issuer. Else log in again.',
  ],
  'forbidden-edge': [
    'The Host or Origin header is not one that the gateway answers to.',
    'Add it to allowedHosts or allowedOrigins, if it is one of yours.',
  ],
  forbidden: [
    'Policy keeps this tool, prompt or resource, or this session, from the caller.',
    'Look at tools, prompts and resources of the backend, and at the rules and roles of the tenant.',
  ],
  'insufficient-scope': [
    'The token lacks a scope that the backend asks for.',
    'The client can ask for it anew (the 403 names it), or scopes of the backend ask for too much.',
  ],
  'no-tenant': [
    'The claims of the token fit no tenant, or several.',
    'Look at match of the tenants; with several, the client chooses with X-Tenant.',
  ],
  'unknown-backend': [
    'There is no such backend, or this tenant may not use it; the two look alike on purpose.',
    'list_backends tells which there are; assign_backend gives a tenant access.',
  ],
  'unknown-session': [
    'The session is over, of another caller, or of a replica that is gone.',
    'The client initializes again by itself; explain_session tells more of the id.',
  ],
  'method-not-allowed': ['MCP knows POST, GET and DELETE only.', 'The client must be mended.'],
  'old-transport': [
    'The client speaks HTTP+SSE of 2024-11-05, which is not supported.',
    'Choose Streamable HTTP in the client, with the same URL.',
  ],
  'unsupported-media-type': [
    'The body was not declared as JSON.',
    'The client must send Content-Type: application/json.',
  ],
  'unreadable-answer': [
    'The server answered with something that cannot be filtered, so it was kept back.',
    'backend_status shows what the server wrote; its answer must be JSON or an event stream.',
  ],
  quota: [
    'A quota is used up.',
    'tenant_quota shows which one, and what is left; raise it, or top it up for a while. Retry-After told the client when to come again.',
  ],
  unavailable: [
    'The gateway was not ready, or no replica could be asked.',
    'backend_status tells why; the client may try again.',
  ],
};

/** Why a request was refused, by its id. */
export async function explainDenial(
  installation: Installation,
  { requestId, viewer }: { requestId: string; viewer: Viewer },
): Promise<z.output<typeof denialResult>> {
  const lines = await installation.auditLines({ key: 'requestId', value: requestId.trim() });
  const decisions = lines.filter(
    (line) => (line.decision === 'allow' || line.decision === 'deny') && maySee(viewer, line),
  );
  const found = decisions.find(({ decision }) => decision === 'deny') ?? decisions.at(-1);
  if (found === undefined) {
    throw new UserError('no-such', `the audit log says nothing of the request ${JSON.stringify(requestId)}`, {
      hint: [
        'Clients find the id in the response header x-request-id. Perhaps another gateway answered, the log was rotated since,',
        'audit.decisions in gateway.yaml leaves such requests out, or Envoy refused it before anybody decided (see its access log).',
      ].join('\n'),
    });
  }
  return describeDecision(requestId, found);
}

// A request of another tenant looks like none at all. One of no tenant at all is the matter of whoever administers the gateway.
function maySee(viewer: Viewer, { tenant }: AuditLine): boolean {
  return viewer === 'all' || tenant === undefined || (typeof tenant === 'string' && viewer.includes(tenant));
}

/** What a line of the audit log means. */
export function describeDecision(requestId: string, line: AuditLine): z.output<typeof denialResult> {
  const { decision, time, reason, status, message, backend } = line;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const common = { requestId, time: text(time), record: { ...line } };
  if (decision !== 'deny') {
    const explanation = `The gateway let it through to ${text(backend) ?? 'its backend'}; a refusal came from the server itself.`;
    const remedy = 'backend_status shows what the server wrote last.';
    return { ...common, decision: 'allow', reason: null, status: null, message: null, explanation, remedy };
  }
  const known: Readonly<Record<string, readonly [string, string]>> = EXPLANATIONS;
  const found = Object.hasOwn(known, String(reason)) ? known[String(reason)] : undefined;
  const [meaning, remedy] = found ?? ['The gateway refused it.', 'See docs/troubleshooting.md.'];
  return {
    ...common,
    ...{ decision: 'deny', reason: text(reason), status: typeof status === 'number' ? status : null },
    ...{ message: text(message), explanation: meaning, remedy },
  };
}
