import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import type { z } from 'zod';
import { roleName } from '../../core/access/role.ts';
import { scopeName } from '../../core/access/scopes.ts';
import { UserError } from '../../core/errors.ts';
import { MCP_SCOPE } from '../../core/identity/scope.ts';
import { DEFAULT_SUBJECT, DEFAULT_TENANT, isSubject, SUBJECT_PATTERN } from './claims.ts';
import { readSigningKeys, TOKEN_ALGORITHM, tokenKey } from './keys.ts';
import { readIssuerUrl } from './state-files.ts';

/** Content of a development token. */
export interface DevelopmentTokenOptions {
  /** The state folder of the running gateway. */
  stateDir: string;
  /** Claim `sub`. Default `developer`. */
  subject?: string;
  /** Claim `tenant`. Default `engineering`. */
  tenant?: string;
  /** Claim `roles`. Default: no such claim. */
  roles?: readonly string[];
  /** Claim `groups`. Default: no such claim. */
  groups?: readonly string[];
  /** Claim `scope`. Default `mcp`. */
  scopes?: readonly string[];
  /** Claim `aud`: a resource URL that the gateway accepts. */
  audience: string;
  /** Lifetime in seconds, at least 1. */
  ttlSeconds: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/**
 * Signs an access token (RFC 9068) with the stored keys of the development issuer. It does not contact the issuer, so it works
 * in another process. The gateway verifies the token like one from a login.
 *
 * @throws UserError `not-running` if no issuer was started with this state folder, `usage` for an invalid subject, tenant, role,
 * group or scope
 */
export async function issueDevelopmentToken(options: DevelopmentTokenOptions): Promise<string> {
  const {
    stateDir,
    subject = DEFAULT_SUBJECT,
    tenant = DEFAULT_TENANT,
    roles = [],
    groups = [],
    scopes = [MCP_SCOPE],
    audience,
    ttlSeconds,
    now = Date.now,
  } = options;
  if (!isSubject(subject)) {
    throw new UserError('usage', `${JSON.stringify(subject)} is not a valid subject`, {
      hint: `A subject must match ${SUBJECT_PATTERN}.`,
    });
  }
  if (tenant === '') throw new UserError('usage', 'the tenant must not be empty');
  if (groups.includes('')) throw new UserError('usage', 'a group must not be empty');
  requireValid(roles, roleName, 'role');
  requireValid(scopes, scopeName, 'scope');
  const [issuer, keys] = await Promise.all([readIssuerUrl(stateDir), readSigningKeys(stateDir)]);
  if (issuer === undefined || keys === undefined) {
    throw new UserError('not-running', `no development issuer was started with the state folder ${stateDir}`, {
      hint: `Start the gateway first: mcp-gateway up --state-dir ${stateDir}`,
    });
  }
  const key = tokenKey(keys);
  const issuedAt = Math.floor(now() / 1000);
  const held = { ...(roles.length > 0 && { roles }), ...(groups.length > 0 && { groups }) };
  return new SignJWT({ tenant, ...held, scope: scopes.join(' '), client_id: 'mcp-gateway-token' })
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: 'at+jwt', kid: key.kid })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .sign(await importJWK(key, TOKEN_ALGORITHM));
}

// No document could name such a role or scope, so a token with it would only confuse.
function requireValid(names: readonly string[], schema: z.ZodString, kind: string): void {
  for (const name of names) {
    const parsed = schema.safeParse(name);
    if (parsed.success) continue;
    const hint = `It ${parsed.error.issues[0]?.message}.`;
    throw new UserError('usage', `${JSON.stringify(name)} is not a valid ${kind}`, { hint });
  }
}
