import { TOKEN_PATTERN } from '../../core/lane/token.ts';
import { type Denial, deny } from '../../core/mcp/denial.ts';
import { backendUrl, type Policy, type PolicyBackend, type PolicySettings } from '../../core/policy/policy.ts';
import { type Membership, matchTenants, mayUseBackend, type TenantMatch } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';
import type { TokenVerifier, Verification } from '../identity/verify.ts';
import { challenge } from './challenge.ts';
import type { RequestHead } from './request.ts';

/** Tenants that a denial names. A token may belong to thousands. */
const MAX_NAMED_TENANTS = 20;

const BEARER = new RegExp(`^Bearer +(${TOKEN_PATTERN})$`, 'i');

/**
 * Verifies the bearer token, and that it was issued for this gateway or this backend. Returns a promise only if the token has not been
 * verified before.
 */
export function identify(
  request: RequestHead,
  backend: string,
  settings: PolicySettings,
  verifier: Pick<TokenVerifier, 'verify'>,
): Identity | Denial | Promise<Identity | Denial> {
  const { authorization } = request.headers;
  const { scopes } = settings;
  if (authorization === undefined) return deny('unauthenticated', { headers: challenge(settings, backend, scopes) });
  const token = BEARER.exec(authorization)?.[1];
  const invalid = (reason: string) => {
    const description = `The access token ${reason}`;
    const headers = challenge(settings, backend, scopes, { error: 'invalid_token', description });
    return deny('invalid-token', { message: description, headers });
  };
  if (token === undefined) return invalid('is not a signed JWT in the form "Bearer <token>"');

  const judge = (verification: Verification): Identity | Denial => {
    switch (verification.kind) {
      case 'unavailable': {
        const message = 'The identity provider cannot be reached';
        return deny('unavailable', { message, headers: { 'retry-after': '2' } });
      }
      case 'invalid':
        return invalid(verification.reason);
      case 'identity': {
        const { identity } = verification;
        return isIntendedFor(identity, backend, settings) ? identity : invalid('was issued for another audience');
      }
    }
  };
  const verification = verifier.verify(token);
  return verification instanceof Promise ? verification.then(judge) : judge(verification);
}

/** Finds the tenant for which the caller acts: its only one, or the one of several that `X-Tenant` names. */
export function findMembership(
  request: RequestHead,
  identity: Identity,
  settings: PolicySettings,
): Membership | Denial {
  const { memberships, claims } = tenantsOf(identity, settings);
  const chosen = request.headers['x-tenant'];
  if (memberships.length === 0) return deny('no-tenant', { message: noTenantMessage(identity, claims) });
  if (chosen === undefined) {
    const [only, ...others] = memberships;
    if (only !== undefined && others.length === 0) return only;
    const names = namesOf(memberships.map(({ tenant }) => tenant.name));
    return deny('no-tenant', {
      message: `The access token belongs to several tenants (${names}); choose one with the header X-Tenant`,
    });
  }
  const membership = memberships.find(({ tenant }) => tenant.name === chosen);
  return (
    membership ?? deny('no-tenant', { message: 'The access token does not belong to the tenant that X-Tenant names' })
  );
}

function namesOf(tenants: readonly string[]): string {
  const more = tenants.length - MAX_NAMED_TENANTS;
  const named = tenants.slice(0, MAX_NAMED_TENANTS).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}

/** Finds the backend. The denial is the same whether it does not exist or the caller may not use it. */
export function findBackend(name: string, membership: Membership, policy: Policy): PolicyBackend | Denial {
  const backend = policy.backends.get(name);
  return backend !== undefined && mayUseBackend(membership, backend) ? backend : deny('unknown-backend');
}

// A token comes with many requests, and its claims do not change.
const matches = new WeakMap<Identity, { tenants: PolicySettings['tenants']; match: TenantMatch }>();

function tenantsOf(identity: Identity, { tenants }: PolicySettings): TenantMatch {
  const known = matches.get(identity);
  if (known?.tenants === tenants) return known.match;
  const match = matchTenants(tenants, identity);
  matches.set(identity, { tenants, match });
  return match;
}

function noTenantMessage({ issuer, claims: held }: Identity, claims: readonly string[]): string {
  if (claims.length === 0) return `No tenant accepts access tokens of the issuer ${issuer}`;
  // OpenID Connect Core, section 5.6.2. Entra ID does this with groups if there are too many of them.
  const left = Object.keys(Object(held._claim_names)).filter((name) => claims.includes(name));
  const hint = left.length === 0 ? '' : `; the issuer left out ${left.join(', ')} because there are too many values`;
  return `No tenant matches the claims of the access token (claims checked: ${claims.join(', ')}${hint})`;
}

// RFC 8707: the resource is the URL of the backend or the root of the gateway, with or without a trailing slash.
function isIntendedFor(identity: Identity, backend: string, settings: PolicySettings): boolean {
  const issuer = settings.issuers.find(({ url }) => url === identity.issuer);
  const resource = backendUrl(settings, backend);
  return identity.audiences.some(
    (audience) =>
      audience === resource ||
      audience === settings.publicUrl ||
      audience === `${settings.publicUrl}/` ||
      issuer?.audiences.includes(audience) === true,
  );
}
