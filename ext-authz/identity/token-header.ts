import { decodeProtectedHeader } from 'jose';

/** The relevant parts of the header of a token. Keys in it (`jwk`, `jku`, `x5c`, `x5u`) are ignored. */
export interface TokenHeader {
  alg: string;
  /** Id of the signing key; undefined: any key of the issuer. */
  kid: string | undefined;
}

/** Media types of access tokens (RFC 7519, section 5.1; RFC 9068, section 2.1). Most issuers use `JWT`. */
const TYPES = ['jwt', 'at+jwt'];

/**
 * The header of a token, or what is wrong with it. A JWT of another type has another purpose, and its claims have another meaning
 * (RFC 8725, section 3.11).
 *
 * @throws TypeError if the text is not a JWT
 */
export function readHeader(token: string): TokenHeader | string {
  const { alg, kid, typ, crit } = decodeProtectedHeader(token) as Record<string, unknown>;
  if (crit !== undefined) return 'has critical header parameters';
  if (typeof alg !== 'string') return 'has no alg header parameter';
  if (kid !== undefined && typeof kid !== 'string') return 'has a kid that is not a string';
  if (typ !== undefined && !isAccessToken(typ)) {
    return `is not an access token: its type is ${String(typ).slice(0, 50)}`;
  }
  return { alg, kid };
}

function isAccessToken(typ: unknown): boolean {
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}
