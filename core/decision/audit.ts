import { ITEM_KINDS } from '../access/filter.ts';
import { shorten } from '../document/shorten.ts';
import type { NamedItem } from '../mcp/items.ts';
import type { PolicySettings } from '../policy/policy.ts';
import type { SessionOwner } from '../session/seal.ts';
import type { Decision } from './decision.ts';

const MAX_LIST = 20;

/**
 * One line of the audit log about a decision: the request, the user, and the outcome. It holds the fingerprint of a session, but never a
 * token, a secret or the id of a session. Keys whose value is not known are left out.
 */
export interface DecisionRecord {
  decision: 'allow' | 'deny';
  /** Of a denial: its row in the table of denials, HTTP status and message. */
  reason?: string;
  status?: number;
  message?: string;
  /** Of an allowed request. */
  lane?: string;
  /** Envoy's id of the request, as the client got it in `x-request-id`. */
  requestId?: string;
  /** From the W3C `traceparent` header. */
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

/** One line of the audit log about a session: its client opened or ended it. Decisions about its requests have the same fingerprint. */
export interface SessionRecord {
  event: 'session-opened' | 'session-ended';
  backend: string;
  tenant: string;
  /** Hash of issuer and subject, in hex. */
  principal: string;
  /** Fingerprint. */
  session: string;
}

/** What happened to a session, and whose it is. */
export interface SessionEvent {
  event: SessionRecord['event'];
  of: SessionOwner;
  fingerprint: string;
}

/** Which lines the audit log gets. */
type AuditSetting = PolicySettings['audit'];

/** The line for a decision; undefined if the setting leaves it out. */
export function decisionRecord(decision: Decision, setting: AuditSetting): DecisionRecord | undefined {
  const { outcome, httpMethod, trace, user, tenant, roles, backend, methods, items, session } = decision;
  if (setting === 'none' || (setting === 'denied' && outcome.kind === 'allow')) return undefined;
  const record: DecisionRecord = { decision: outcome.kind, httpMethod: shorten(httpMethod) };
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
  if (backend !== undefined) record.backend = backend;
  if (user !== undefined) {
    record.issuer = user.issuer;
    record.subject = shorten(user.subject);
    record.principal = user.principal.toString('hex');
  }
  if (tenant !== undefined) record.tenant = tenant;
  if (roles.length > 0) record.roles = roles;
  if (methods.length > 0) record.methods = methods.slice(0, MAX_LIST).map(shorten);
  for (const kind of ITEM_KINDS) {
    const names = namesOf(items, kind);
    if (names.length > 0) record[kind] = names;
  }
  if (session !== undefined) record.session = session;
  return record;
}

/** The line for a session; undefined if the setting leaves it out: it is not a denial. */
export function sessionRecord(
  { event, of: { backend, tenant, principal }, fingerprint }: SessionEvent,
  setting: AuditSetting,
): SessionRecord | undefined {
  if (setting !== 'all') return undefined;
  return { event, backend, tenant, principal: principal.toString('hex'), session: fingerprint };
}

function namesOf(items: readonly NamedItem[], wanted: NamedItem['kind']): string[] {
  const names = items.filter(({ kind }) => kind === wanted).slice(0, MAX_LIST);
  return names.map(({ name = '' }) => shorten(wanted === 'resources' ? withoutSecrets(name) : name));
}

// A URI may carry a password before its host, and secrets in its query.
function withoutSecrets(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '');
}
