import type { JWTPayload } from 'jose';
import { type Claims, claimAt, formatClaim, textsOf } from '../../core/identity/claims.ts';
import type { Issuer, IssuerClaims } from '../../core/identity/issuer.ts';
import { hashPrincipal } from '../../core/identity/principal.ts';
import type { Identity } from './identity.ts';

const MAX_SUBJECT_LENGTH = 1024;
/** A longer lifetime is a mistake, usually a time in milliseconds. */
const MAX_LIFETIME_SECONDS = 10 * 365 * 86_400;

/**
 * The caller from the claims of a token, or what is wrong with the claims. The signature, the issuer, `exp` and `nbf` are already
 * verified.
 */
export function readClaims(claims: JWTPayload, issuer: Issuer, nowSeconds: number): Identity | string {
  const { exp, iat, nbf, aud } = claims;
  // RFC 7519 allows fractions, but issuers do not use them, and comparisons with anything but whole numbers can give wrong results.
  for (const [name, value] of Object.entries({ exp, iat, nbf })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) return `has no acceptable ${name} claim`;
  }
  if (exp === undefined) return 'has no acceptable exp claim';
  if (exp > nowSeconds + MAX_LIFETIME_SECONDS) {
    return 'has an exp claim that is years away: it must count seconds since 1970';
  }
  if (iat !== undefined && iat > nowSeconds + issuer.clockSkewSeconds) return 'has an iat claim that is in the future';
  const audiences = aud === undefined ? [] : [aud].flat();
  if (!audiences.every((audience) => typeof audience === 'string')) return 'has no acceptable aud claim';
  // RFC 7800: the token needs a proof (DPoP, mutual TLS), which the gateway does not verify.
  if (claims.cnf !== undefined) return 'is bound to a key (cnf): only plain bearer tokens are accepted';

  const subject = claimAt(claims, issuer.claims.subject);
  if (typeof subject !== 'string' || subject === '' || subject.length > MAX_SUBJECT_LENGTH) {
    return `has a ${formatClaim(issuer.claims.subject)} claim that is missing, not a string, empty or too long`;
  }
  return {
    issuer: issuer.url,
    issuerClaims: issuer.claims,
    subject,
    principal: hashPrincipal(issuer.url, subject),
    audiences,
    scopes: scopesOf(claims, issuer.claims),
    claims,
    expiresAtSeconds: exp,
  };
}

// RFC 8693, section 4.2: one string separated by spaces. Entra ID and Okta use `scp`, the latter as a list.
function scopesOf(claims: Claims, { scopes }: IssuerClaims): string[] {
  const paths = scopes === undefined ? [['scope'], ['scp']] : [scopes];
  const held = paths.map((path) => textsOf(claims, path)).find((texts) => texts.length > 0) ?? [];
  return held.flatMap((text) => text.split(' ')).filter((scope) => scope !== '');
}
