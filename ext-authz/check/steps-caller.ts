import { MCP_SCOPE } from '../../core/identity/scope.ts';
import { type Denial, deny } from '../../core/mcp/denial.ts';
import {
  backendUrl,
  METADATA_PATH,
  type Policy,
  type PolicyBackend,
  type PolicySettings,
} from '../../core/policy/policy.ts';
import { matchTenant, mayUseBackend, type Tenant } from '../../core/tenants/tenants.ts';
import type { Identity } from '../identity/identity.ts';
import type { TokenVerifier } from '../identity/verify.ts';
import type { HttpRequest } from './request.ts';

/** Verifies the bearer token, and that it was issued for this gateway or this backend. */
export async function identify(
  request: HttpRequest,
  backend: string,
  settings: PolicySettings,
  verifier: TokenVerifier,
): Promise<Identity | Denial> {
  const { authorization } = request.headers;
  if (authorization === undefined) return deny('unauthenticated', { headers: challenge(settings, backend) });
  const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
  const refuse = (reason: string) =>
    deny('invalid-token', { message: `The access token ${reason}`, headers: challenge(settings, backend, reason) });
  if (token === undefined) return refuse('is not a signed JWT in the form "Bearer <token>"');

  const verification = await verifier.verify(token);
  if (verification.kind === 'unavailable') {
    return deny('unavailable', { message: 'The identity provider cannot be reached', headers: { 'retry-after': '2' } });
  }
  if (verification.kind === 'invalid') return refuse(verification.reason);
  const { identity } = verification;
  if (!isMeantFor(identity, backend, settings)) return refuse('was issued for another audience');
  return identity;
}

/** Finds the caller's tenant. */
export function findTenant(identity: Identity, settings: PolicySettings): Tenant | Denial {
  const match = matchTenant(settings.tenants, identity.claims);
  if (match.kind === 'one') return match.tenant;
  if (match.kind === 'several') {
    return deny('no-tenant', { message: `The access token belongs to several tenants: ${match.names.join(', ')}` });
  }
  return deny('no-tenant', {
    message: `No tenant matches the claims of the access token (looked at ${match.claims.join(', ')})`,
  });
}

/** Finds the backend. One that the tenant may not use looks like one that does not exist. */
export function findBackend(name: string, tenant: Tenant, policy: Policy): PolicyBackend | Denial {
  const backend = policy.backends.get(name);
  return backend !== undefined && mayUseBackend(tenant, backend) ? backend : deny('unknown-backend');
}

// RFC 8707: the resource is the backend's URL or the gateway's root, where a trailing slash makes no difference.
function isMeantFor(identity: Identity, backend: string, settings: PolicySettings): boolean {
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

// RFC 6750, section 3 and RFC 9728, section 5.1; `error` only when a token was sent.
function challenge(settings: PolicySettings, backend: string, invalid?: string): Record<string, string> {
  const metadata = `${settings.publicUrl}${METADATA_PATH}/${backend}/mcp`;
  const parts = [`resource_metadata="${metadata}"`, `scope="${MCP_SCOPE}"`];
  if (invalid !== undefined) {
    // RFC 6750, section 3: error_description is limited to these characters.
    const description = `The access token ${invalid}`.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
    parts.unshift('error="invalid_token"', `error_description="${description}"`);
  }
  return { 'www-authenticate': `Bearer ${parts.join(', ')}` };
}
