import { createHash } from 'node:crypto';

/** Length of a principal in bytes. */
export const PRINCIPAL_BYTES = 16;

/**
 * The stable identifier of a caller: the first 16 bytes of SHA-256 over issuer and subject. A subject is unique only within its
 * issuer (OpenID Connect Core, section 2), so the hash covers both, with a separator that neither contains.
 */
export function hashPrincipal(issuer: string, subject: string): Buffer {
  return createHash('sha256').update(`${issuer}\0${subject}`).digest().subarray(0, PRINCIPAL_BYTES);
}
