import type { JWTPayload } from 'jose';
import { type Claims, claimAt, formatClaim, textsOf } from '../../core/identity/claims.ts';
import type { Issuer, IssuerClaims } from '../../core/identity/issuer.ts';
import { hashPrincipal } from '../../core/identity/principal.ts';
import type { Identity } from './identity.ts';

const MAX_SUBJECT_LENGTH = 1024;
/** A token for longer is a mistake, most often of one who counts milliseconds. */
const MAX_LIFETIME_SECONDS = 10 * 365 * 86_400;

/**
 * Whose token it is, by its claims, or what is wrong with them. The signature, the issuer, and that `exp` and `nbf` hold now
 * were verified before.
 */
export function readClaims(claims: JWTPayload, issuer: Issuer, nowSeconds: number): Identity | string {
  const { exp, iat, nbf, aud } = claims;
  // RFC 7519 allows fractions, but no issuer needs them, and what is no plain number is compared in surprising ways.
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
  // RFC 7800: it is good only together with a proof (DPoP, mutual TLS), which nobody verifies here.
  if (claims.cnf !== undefined) return 'is bound to a key (cnf): only plain bearer tokens are accepted';

  const subject = claimAt(claims, issuer.claims.subject);
  if (typeof subject !== 'string' || subject === '' || subject.length > MAX_SUBJECT_LENGTH) {
    return `has a ${formatClaim(issuer.claims.subject)} claim that is missing, no text, empty or too long`;
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

// RFC 8693, section 4.2 has one text with spaces; Entra ID and Okta have `scp`, the latter as a list.
function scopesOf(claims: Claims, { scopes }: IssuerClaims): string[] {
  const paths = scopes === undefined ? [['scope'], ['scp']] : [scopes];
  const held = paths.map((path) => textsOf(claims, path)).find((texts) => texts.length > 0) ?? [];
  return held.flatMap((text) => text.split(' ')).filter((scope) => scope !== '');
}
