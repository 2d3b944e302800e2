import { type Caller, claimOf } from './claim-rule.ts';
import { HeldClaims } from './held-claims.ts';
import type { Tenant } from './tenants.ts';

/** A caller as a member of one tenant. */
export interface Membership {
  tenant: Tenant;
  /** The tenant's roles that the caller holds. */
  roles: readonly string[];
}

/** The tenants that match the claims of a token. */
export interface TenantMatch {
  /** One for every tenant of which the caller is a member. */
  memberships: readonly Membership[];
  /** The claims that rules compared. Empty if no tenant accepts tokens of this issuer. */
  claims: readonly string[];
}

/** Finds the tenants of which a caller is a member. */
export function matchTenants(tenants: readonly Tenant[], caller: Caller): TenantMatch {
  const held = new HeldClaims(caller);
  const members = tenants.filter(({ match }) => match.some((rule) => held.satisfies(rule)));
  const compared = tenants.flatMap(({ match }) => match.filter(({ issuer }) => issuer === caller.issuer));
  return {
    memberships: members.map((tenant) => ({ tenant, roles: rolesOf(tenant, caller, held) })),
    claims: [...new Set(compared.map((rule) => claimOf(rule, caller)))],
  };
}

/**
 * Whether a member may use a backend: the tenant lists the backend, the backend does not exclude the tenant, and the member has one of the
 * roles that the backend requires, if any.
 */
export function mayUseBackend(
  { tenant, roles }: Membership,
  backend: { name: string; tenants: readonly string[] | undefined; roles: readonly string[] },
): boolean {
  const listed = tenant.backends.some((name) => name === '*' || name === backend.name);
  const wanted = backend.tenants === undefined || backend.tenants.includes(tenant.name);
  return listed && wanted && (backend.roles.length === 0 || backend.roles.some((role) => roles.includes(role)));
}

function rolesOf({ roles }: Tenant, { issuerClaims }: Caller, held: HeldClaims): string[] {
  const named = held.textsAt(issuerClaims.roles);
  const mine = roles.filter(({ name, match }) =>
    match === undefined ? named.has(name) : match.some((rule) => held.satisfies(rule)),
  );
  return mine.map(({ name }) => name);
}
