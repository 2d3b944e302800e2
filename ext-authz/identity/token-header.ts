import { decodeProtectedHeader } from 'jose';

/** What counts in the header of a token. Keys that it brings along (`jwk`, `jku`, `x5c`, `x5u`) are never looked at. */
export interface TokenHeader {
  alg: string;
  /** The key that it is signed with; undefined: any of the issuer's. */
  kid: string | undefined;
}

/** Media types of access tokens (RFC 7519, section 5.1; RFC 9068, section 2.1). Most issuers say `JWT`. */
const TYPES = ['jwt', 'at+jwt'];

/**
 * Reads the header of a token, or says what is wrong with it. A JWT of another type was made for another purpose, and its
 * claims mean other things (RFC 8725, section 3.11).
 *
 * @throws TypeError when the text is no JWT.
 */
export function readHeader(token: string): TokenHeader | string {
  const { alg, kid, typ, crit } = decodeProtectedHeader(token) as Record<string, unknown>;
  if (crit !== undefined) return 'has critical header parameters';
  if (typeof alg !== 'string') return 'does not say how it is signed';
  if (kid !== undefined && typeof kid !== 'string') return 'has a kid that is no text';
  if (typ !== undefined && !isAccessToken(typ)) {
    return `is no access token: its type is ${String(typ).slice(0, 50)}`;
  }
  return { alg, kid };
}

function isAccessToken(typ: unknown): boolean {
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}
