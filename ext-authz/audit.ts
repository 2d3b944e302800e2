import { ITEM_KINDS } from '../core/access/filter.ts';
import { shorten } from '../core/document/shorten.ts';
import type { NamedItem } from '../core/mcp/items.ts';
import type { PolicySettings } from '../core/policy/policy.ts';
import type { Verdict } from './check/verdict.ts';
import type { DecodedRequest } from './decode.ts';

const MAX_LIST = 20;

/**
 * One line of the audit log: who wanted what, and what became of it. It never holds a token, a secret or the id of a session,
 * but the session's fingerprint. Keys whose value is not known are left out.
 */
export interface AuditRecord {
  decision: 'allow' | 'deny';
  /** Of a refusal: its row in the table of denials, HTTP status and words. */
  reason?: string;
  status?: number;
  message?: string;
  /** Of a yes. */
  lane?: string;
  /** Envoy's id of the request, as the client got it in `x-request-id`. */
  requestId?: string;
  /** Of the W3C `traceparent` header. */
  traceId?: string;
  client?: string;
  issuer?: string;
  subject?: string;
  /** Hash of issuer and subject, in hex. */
  principal?: string;
  tenant?: string;
  roles?: readonly string[];
  backend?: string;
  httpMethod: string;
  /** JSON-RPC methods, and the tools, prompts and resources that they name. */
  methods?: readonly string[];
  tools?: readonly string[];
  prompts?: readonly string[];
  resources?: readonly string[];
  session?: string;
}

/** The line for a decision; undefined where none is wanted, and for answers that decide nothing. */
export function auditRecord(
  { request, trace }: DecodedRequest,
  { outcome, findings }: Verdict,
  wanted: PolicySettings['audit'],
): AuditRecord | undefined {
  if (outcome.kind === 'reply' || wanted === 'none' || (wanted === 'denied' && outcome.kind === 'allow'))
    return undefined;
  const { identity, membership, message, sessionFingerprint } = findings;
  const record: AuditRecord = { decision: outcome.kind, httpMethod: shorten(request.method) };
  if (outcome.kind === 'allow') record.lane = outcome.lane;
  else {
    record.reason = outcome.reason;
    record.status = outcome.status;
    record.message = shorten(outcome.error.message);
  }
  const { traceparent, requestId, client } = trace;
  const traceId = traceparent === undefined ? undefined : /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1];
  if (traceId !== undefined) record.traceId = traceId;
  if (requestId !== '') record.requestId = shorten(requestId);
  if (client !== '') record.client = client;
  if (findings.backend !== undefined) record.backend = findings.backend;
  if (identity !== undefined) {
    record.issuer = identity.issuer;
    record.subject = shorten(identity.subject);
    record.principal = identity.principal.toString('hex');
  }
  if (membership !== undefined) {
    record.tenant = membership.tenant.name;
    if (membership.roles.length > 0) record.roles = membership.roles;
  }
  if (message !== undefined && message.methods.length > 0)
    record.methods = message.methods.slice(0, MAX_LIST).map(shorten);
  for (const kind of ITEM_KINDS) {
    const names = message === undefined ? [] : namesOf(message.items, kind);
    if (names.length > 0) record[kind] = names;
  }
  if (sessionFingerprint !== undefined) record.session = sessionFingerprint;
  return record;
}

function namesOf(items: readonly NamedItem[], wanted: NamedItem['kind']): string[] {
  const names = items.filter(({ kind }) => kind === wanted).slice(0, MAX_LIST);
  return names.map(({ name = '' }) => shorten(wanted === 'resources' ? withoutSecrets(name) : name));
}

// A URI may carry a password before its host, and anything behind its question mark.
function withoutSecrets(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '');
}
