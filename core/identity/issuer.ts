import { z } from 'zod';
import { claimPathSchema } from './claims.ts';

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

const issuerUrl = z
  .string()
  .refine(
    (text) => isSecure(text) && URL.parse(text)?.search === '',
    'must be an https URL without query and fragment (http only on loopback)',
  );

// Entra ID publishes the keys of one application at `...?appid=`.
const discoveryUrl = z.string().refine(isSecure, 'must be an https URL without fragment (http only on loopback)');

/** Where the claims of an issuer are that the gateway knows by a name of its own. */
const claimsSchema = z.strictObject({
  /** Who it is; unique within the issuer and never given to somebody else. */
  subject: claimPathSchema.default(['sub']),
  /** What tenant rules call `tenant`. */
  tenant: claimPathSchema.default(['tenant']),
  /** What tenant rules call `group`. */
  groups: claimPathSchema.default(['groups']),
  /** What tenant rules call `role`. */
  roles: claimPathSchema.default(['roles']),
  /** A list, or one text with spaces. Default: `scope` (RFC 9068), else `scp`. */
  scopes: claimPathSchema.optional(),
});

/** An OpenID Connect issuer whose access tokens are accepted. */
export const issuerSchema = z.strictObject({
  /** Equal to the `iss` claim to the last character. */
  url: issuerUrl,
  /** Where the discovery document is. Default: `<url>/.well-known/openid-configuration`. */
  discoveryUrl: discoveryUrl.optional(),
  /** Values of `aud` that are accepted besides the gateway's own resource URLs (RFC 8707). */
  audiences: z.array(z.string().min(1)).default([]),
  /** Accepted signature algorithms. Default: all of {@link ALGORITHMS}. */
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default([...ALGORITHMS]),
  /** Tolerance for `exp`, `nbf` and `iat`, in seconds; at most 300. */
  clockSkewSeconds: z.number().int().min(0).max(300).default(30),
  claims: claimsSchema.prefault({}),
  /** Put before the scopes of backends where clients are told to ask for them; the scopes in tokens do not have it. */
  scopePrefix: z.string().max(256).default(''),
});

/** An issuer that tokens may come from. */
export type Issuer = z.output<typeof issuerSchema>;

/** The claims of an issuer that have a name of the gateway's own. */
export type IssuerClaims = Issuer['claims'];

/** Whether two issuers are the same but for a slash at the end, the usual mistake and one that is hard to see. */
export function equalButForSlash(a: string, b: string): boolean {
  return a.replace(/\/$/, '') === b.replace(/\/$/, '');
}

/** Whether a host name of a URL is the machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function isSecure(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.hash !== '' || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}
