import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { CompactSign } from 'jose';
import type { IssuerKey } from '../../ext-authz/local-issuer.ts';

/** base64url of a text, or of a value as JSON. */
export const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The three parts of a token. */
export function split(token: string): [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

/** A token with another header and its old signature, or a given one. */
export function withHeader(token: string, header: Record<string, unknown>, signature = split(token)[2]): string {
  return [changed(split(token)[0], header), split(token)[1], signature].join('.');
}

/** A token with other claims and its old signature. */
export function withClaims(token: string, claims: Record<string, unknown>): string {
  return [split(token)[0], changed(split(token)[1], claims), split(token)[2]].join('.');
}

/** A token with other bytes as its signature. */
export function withSignature(token: string, bytes: Buffer): string {
  return [...split(token).slice(0, 2), bytes.toString('base64url')].join('.');
}

/** A token that is signed with a shared secret (RFC 7518, section 3.2). */
export function withSecret(token: string, secret: string | Buffer, header: Record<string, unknown> = {}): string {
  const signed = split(withHeader(token, { alg: 'HS256', ...header }))
    .slice(0, 2)
    .join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The key pair of an attacker. */
export function attackersKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    /** Signs a token again, with changes in its header. */
    resign: (token: string, header: Record<string, unknown>) => {
      const signed = split(withHeader(token, header)).slice(0, 2).join('.');
      return withSignature(`${signed}.`, signEs256(signed, privateKey, 'ieee-p1363'));
    },
  };
}

/** An ES256 signature: two numbers as in JWS, or ASN.1 as in other standards. */
export function signEs256(text: string, key: KeyObject, dsaEncoding: 'ieee-p1363' | 'der'): Buffer {
  return sign('sha256', Buffer.from(text), { key, dsaEncoding });
}

function changed(encoded: string, change: Record<string, unknown>): string {
  return part({ ...JSON.parse(Buffer.from(encoded, 'base64url').toString()), ...change });
}

/** A token of the issuer with any text as its payload. */
export function signText(key: IssuerKey, payload: string): Promise<string> {
  const header = { alg: String(key.publicJwk.alg), kid: key.kid };
  return new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(key.pair.privateKey);
}
