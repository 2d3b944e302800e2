import { z } from 'zod';

/** Signature algorithms that are ever accepted (RFC 7518, RFC 8037): asymmetric ones only, so no shared secret can pass. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const issuerUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url?.search !== '' || url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}, 'must be an https URL without query and fragment, exactly as the iss claim holds it (http only on loopback)');

/** An OpenID Connect issuer whose access tokens are accepted. */
export const issuerSchema = z.strictObject({
  /** Equal to the `iss` claim to the last character; discovery is at `<url>/.well-known/openid-configuration`. */
  url: issuerUrl,
  /** Values of `aud` that are accepted besides the gateway's own resource URLs (RFC 8707). */
  audiences: z.array(z.string().min(1)).default([]),
  /** Accepted signature algorithms. Default: all of {@link ALGORITHMS}. */
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default([...ALGORITHMS]),
  /** Tolerance for `exp` and `nbf`, in seconds; at most 300. */
  clockSkewSeconds: z.number().int().min(0).max(300).default(30),
});

/** An issuer that tokens may come from. */
export type Issuer = z.output<typeof issuerSchema>;

/** Whether a host name of a URL is the machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
