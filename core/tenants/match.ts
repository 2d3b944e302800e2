import { textsOf } from '../identity/claims.ts';
import { type Caller, claimOf, holds } from './claim-rule.ts';
import type { Tenant } from './tenants.ts';

/** A caller as a member of one tenant. */
export interface Membership {
  tenant: Tenant;
  /** Roles that it holds there, of those that the tenant lists. */
  roles: readonly string[];
}

/** What the claims of a token say about its bearer. */
export interface TenantMatch {
  /** Every tenant that it is a member of. */
  memberships: readonly Membership[];
  /** Claims of the token that were looked at. Empty: no tenant takes tokens of this issuer. */
  claims: readonly string[];
}

/** Finds the tenants that a caller belongs to. */
export function matchTenants(tenants: readonly Tenant[], caller: Caller): TenantMatch {
  const members = tenants.filter(({ match }) => match.some((rule) => holds(rule, caller)));
  const looked = tenants.flatMap(({ match }) => match.filter(({ issuer }) => issuer === caller.issuer));
  return {
    memberships: members.map((tenant) => ({ tenant, roles: rolesOf(tenant, caller) })),
    claims: [...new Set(looked.map((rule) => claimOf(rule, caller)))],
  };
}

/** Whether a member may use a backend: both lists agree where both are given, and a role is held where one is needed. */
export function mayUseBackend(
  { tenant, roles }: Membership,
  backend: { name: string; tenants: readonly string[] | undefined; roles: readonly string[] },
): boolean {
  const listed = tenant.backends.some((name) => name === '*' || name === backend.name);
  const wanted = backend.tenants === undefined || backend.tenants.includes(tenant.name);
  return listed && wanted && (backend.roles.length === 0 || backend.roles.some((role) => roles.includes(role)));
}

function rolesOf({ roles }: Tenant, caller: Caller): string[] {
  const named = textsOf(caller.claims, caller.issuerClaims.roles);
  const held = roles.filter(({ name, match }) =>
    match === undefined ? named.includes(name) : match.some((rule) => holds(rule, caller)),
  );
  return held.map(({ name }) => name);
}
