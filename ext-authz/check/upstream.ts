import { type Denial, deny } from '../../core/mcp/denial.ts';
import type { PolicyBackend } from '../../core/policy/policy.ts';
import {
  IDENTITY_HEADERS,
  type IdentityField,
  identityValue,
  type UpstreamHeader,
  USER_HEADER,
} from '../../core/registry/upstream.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';

type Found = readonly UpstreamHeader[] | Denial;

/** Finds the headers that a backend gets for a caller; a promise only if it must ask another process. */
export type UpstreamHeadersOf = (
  backend: PolicyBackend,
  identity: Identity,
  membership: Membership,
) => Found | Promise<Found>;

// A membership belongs to one token, and a changed backend is a new object, so that no entry outlives what it was made from.
const known = new WeakMap<Membership, WeakMap<PolicyBackend, readonly UpstreamHeader[]>>();

const NONE: readonly UpstreamHeader[] = [];

/** Without its credential the server would answer 401, and the client would ask its user to log in again. */
const NO_CREDENTIAL = deny('unavailable', {
  message: 'The gateway has no credential for this MCP server',
  headers: { 'retry-after': '5' },
});

/** The identity headers that a backend asks for, the user for a bridge, and the gateway's own credential. Denies the request if the credential is missing. */
export function upstreamHeaders(backend: PolicyBackend, identity: Identity, membership: Membership): Found {
  if (backend.credential === 'missing') return NO_CREDENTIAL;
  if (backend.identityHeaders.length === 0 && !backend.bridged && backend.credential === undefined) return NONE;
  const ofMember = known.get(membership) ?? new WeakMap<PolicyBackend, readonly UpstreamHeader[]>();
  known.set(membership, ofMember);
  const headers = ofMember.get(backend) ?? makeHeaders(backend, identity, membership);
  ofMember.set(backend, headers);
  return headers;
}

function makeHeaders(backend: PolicyBackend, identity: Identity, membership: Membership): UpstreamHeader[] {
  const texts: Record<IdentityField, readonly string[]> = {
    subject: [identity.subject],
    issuer: [identity.issuer],
    tenant: [membership.tenant.name],
    roles: membership.roles,
    scopes: identity.scopes,
  };
  const identityHeaders = backend.identityHeaders.map((field) => ({
    name: IDENTITY_HEADERS[field],
    value: identityValue(texts[field]),
  }));
  const user = { name: USER_HEADER, value: identity.principal.toString('base64url') };
  return [
    ...identityHeaders,
    ...(backend.bridged ? [user] : []),
    ...(typeof backend.credential === 'object' ? [backend.credential] : []),
  ];
}
