import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { GatewayDenialReason } from '../../core/mcp/denial.ts';
import type { AuditLine, Installation } from '../installation.ts';
import type { denialResult } from '../results.ts';
import type { Viewer } from './session.ts';

/** What each denial means, and what to do about it. */
const EXPLANATIONS: Readonly<Record<GatewayDenialReason, readonly [meaning: string, remedy: string]>> = {
  'bad-request': ['The request is not a valid MCP request.', 'Fix the client; the message says what is wrong.'],
  'parse-error': ['The body is not valid JSON.', 'Fix the client.'],
  unauthenticated: [
    'The request carried no access token.',
    'The client must log in; WWW-Authenticate of the 401 says where.',
  ],
  'invalid-token': [
    'The access token was not accepted: its signature, issuer, audience or lifetime is wrong.',
    'Compare the issuer and audience of the token with gateway.yaml; mcp-gateway check --online asks the issuer. Otherwise log in again.',
  ],
  'forbidden-edge': [
    'The gateway does not accept this Host or Origin header.',
    'Add it to allowedHosts or allowedOrigins if it is one of yours.',
  ],
  forbidden: [
    'The policy denies this tool, prompt, resource or session to the caller.',
    'Check tools, prompts and resources of the backend, and the rules and roles of the tenant.',
  ],
  'insufficient-scope': [
    'The token lacks a scope that the backend requires.',
    'The client can request the scope that the 403 names; or the backend requires too many scopes.',
  ],
  'no-tenant': [
    'The claims of the token match no tenant, or several.',
    'Check match of the tenants. If several match, the client chooses one with X-Tenant.',
  ],
  'unknown-backend': [
    'The backend does not exist, or this tenant may not use it. The two look the same on purpose.',
    'list_backends lists the backends; assign_backend gives a tenant access.',
  ],
  'unknown-session': [
    'The session ended, belongs to another caller, or was on a replica that is gone.',
    'The client initializes again by itself; explain_session says more about the session id.',
  ],
  'method-not-allowed': ['MCP uses only POST, GET and DELETE.', 'Fix the client.'],
  'old-transport': [
    'The client uses HTTP+SSE of 2024-11-05, which is not supported.',
    'Choose Streamable HTTP in the client, with the same URL.',
  ],
  'body-too-large': ['The body is larger than the gateway accepts.', 'Send less in one request.'],
  'unsupported-media-type': [
    'The body was not declared as JSON.',
    'The client must send Content-Type: application/json.',
  ],
  'lists-in-use': [
    'The responses that were being filtered for the caller were too large together.',
    'Send fewer requests for large lists at the same time; or have the server page its lists.',
  ],
  'unreadable-charset': [
    'The response of the server names a charset other than UTF-8, so the gateway did not pass it on.',
    'Have the server send JSON and event streams in UTF-8.',
  ],
  'unreadable-answer': [
    'The response of the server could not be filtered, so the gateway did not pass it on.',
    'Answers must be JSON or an event stream; backend_status shows what the server logged.',
  ],
  'invalid-server-session': [
    'The server sent a session id that MCP does not allow, so the gateway did not pass it on.',
    'Fix the server: one Mcp-Session-Id of visible ASCII characters.',
  ],
  quota: [
    'A quota is used up.',
    'tenant_quota shows which one, and what is left. Raise it, or top it up for a while. The client may try again after the time in Retry-After.',
  ],
  'not-audited': [
    'The audit log could not be written, and audit.onFailure says that such requests are denied.',
    'mcp-gateway status shows why it cannot be written. Make room on the disk.',
  ],
  abandoned: [
    'The client went away before the request was decided, or the decision took more than 5 s. It was not charged.',
    'If it took too long: the log of ext-authz says whether the issuer or Redis is slow.',
  ],
  unavailable: [
    'The gateway was not ready, or no replica could be reached.',
    'backend_status shows why. The client may try again.',
  ],
};

/** Explains why a request was denied. Throws a UserError `no-such` if the audit log does not have it, or not for this viewer. */
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
    throw new UserError('no-such', `the audit log has no decision about the request ${JSON.stringify(requestId)}`, {
      hint: [
        'Clients find the id in the response header x-request-id. Perhaps another gateway answered, the line was in a file that was',
        'removed, audit.decisions or audit.anonymousDenialsPerSecond in gateway.yaml excludes it, or Envoy rejected it before a',
        'decision (see its access log).',
      ].join('\n'),
    });
  }
  return describeDecision(requestId, found);
}

// A request of another tenant looks like one that does not exist. Requests without a tenant concern every administrator.
function maySee(viewer: Viewer, { tenant }: AuditLine): boolean {
  return viewer === 'all' || tenant === undefined || (typeof tenant === 'string' && viewer.includes(tenant));
}

/** Explains a decision in the audit log. */
export function describeDecision(requestId: string, line: AuditLine): z.output<typeof denialResult> {
  const { decision, time, reason, status, message, backend } = line;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const common = { requestId, time: text(time), record: { ...line } };
  if (decision !== 'deny') {
    const explanation = `The gateway allowed it and forwarded it to ${text(backend) ?? 'its backend'}; an error came from the server itself.`;
    const remedy = 'backend_status shows what the server logged last.';
    return { ...common, decision: 'allow', reason: null, status: null, message: null, explanation, remedy };
  }
  const known: Readonly<Record<string, readonly [string, string]>> = EXPLANATIONS;
  const found = Object.hasOwn(known, String(reason)) ? known[String(reason)] : undefined;
  const [meaning, remedy] = found ?? ['The gateway denied it.', 'See docs/troubleshooting.md.'];
  return {
    ...common,
    ...{ decision: 'deny', reason: text(reason), status: typeof status === 'number' ? status : null },
    ...{ message: text(message), explanation: meaning, remedy },
  };
}
