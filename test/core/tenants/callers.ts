import { issuerSchema } from '../../../core/identity/issuer.ts';
import type { Caller } from '../../../core/tenants/claim-rule.ts';
import type { Tenant } from '../../../core/tenants/tenants.ts';

/** The issuer in these tests. */
export const ISSUER = 'https://idp.example';

/** A caller with these claims. `where` overrides the paths at which the issuer has its claims. */
export function caller(claims: Record<string, unknown>, issuer = ISSUER, where: object = {}): Caller {
  return { issuer, issuerClaims: issuerSchema.parse({ url: issuer, claims: where }).claims, claims };
}

/** A tenant whose members have this claim. */
export function tenant(name: string, claim: string, value: string, more: Partial<Tenant> = {}): Tenant {
  const match = [{ issuer: ISSUER, claim: [claim], values: [value] }];
  return { name, match, backends: ['*'], roles: [], rules: [], quota: undefined, ...more };
}
