import type { PolicyBackend } from '../../core/policy/policy.ts';
import {
  IDENTITY_HEADERS,
  type IdentityField,
  identityValue,
  type UpstreamHeader,
} from '../../core/registry/upstream.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';

// A membership belongs to one token, and a change of the backend is a new value.
const known = new WeakMap<Membership, WeakMap<PolicyBackend, readonly UpstreamHeader[]>>();

const NONE: readonly UpstreamHeader[] = [];

/** The headers that a server gets from the gateway: what it is told of the caller, and its credential. */
export function upstreamHeaders(
  backend: PolicyBackend,
  identity: Identity,
  membership: Membership,
): readonly UpstreamHeader[] {
  if (backend.identityHeaders.length === 0 && backend.credential === undefined) return NONE;
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
  const told = backend.identityHeaders.map((field) => ({
    name: IDENTITY_HEADERS[field],
    value: identityValue(texts[field]),
  }));
  return typeof backend.credential === 'object' ? [...told, backend.credential] : told;
}
