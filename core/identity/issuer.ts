import { z } from 'zod';
import { durationMs } from '../document/duration.ts';
import { claimPathSchema } from './claims.ts';

/** The signature algorithms that an issuer can use (RFC 7518, RFC 8037): only asymmetric ones, so that no shared secret is accepted. */
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

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const issuerUrl = z
  .string()
  .refine(
    (text) => isSecure(text) && URL.parse(text)?.search === '',
    'must be an https URL without a query or fragment (http only on loopback)',
  );

// Entra ID publishes the keys of one application at `...?appid=`.
const discoveryUrl = z.string().refine(isSecure, 'must be an https URL without a fragment (http only on loopback)');

/** Where an issuer's tokens have the claims that the gateway needs. */
const claimsSchema = z.strictObject({
  /** The caller; unique within the issuer and never reused for another caller. */
  subject: claimPathSchema.default(['sub']),
  /** The claim that tenant rules call `tenant`. */
  tenant: claimPathSchema.default(['tenant']),
  /** The claim that tenant rules call `group`. */
  groups: claimPathSchema.default(['groups']),
  /** The claim that tenant rules call `role`. */
  roles: claimPathSchema.default(['roles']),
  /** A list, or one string separated by spaces. Default: `scope` (RFC 9068), otherwise `scp`. */
  scopes: claimPathSchema.optional(),
});

/** How long an issuer's signing keys count. */
const keysSchema = z.strictObject({
  /**
   * Age after which keys no longer verify tokens unless the issuer has published them again, so that a removed key stops counting even
   * while the issuer cannot be reached. Keys are renewed every 10 minutes.
   */
  maxAge: durationMs(15 * MINUTE_MS, 30 * DAY_MS).prefault('1d'),
});

/** An OpenID Connect issuer whose access tokens are accepted. */
export const issuerSchema = z.strictObject({
  /** Must be exactly equal to the `iss` claim. */
  url: issuerUrl,
  /** URL of the discovery document. Default: `<url>/.well-known/openid-configuration`. */
  discoveryUrl: discoveryUrl.optional(),
  /** Accepted values of `aud`, in addition to the gateway's own resource URLs (RFC 8707). */
  audiences: z.array(z.string().min(1)).default([]),
  /** Accepted signature algorithms. Default: all of {@link ALGORITHMS}. */
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default([...ALGORITHMS]),
  /** Tolerance for `exp`, `nbf` and `iat`, in seconds; at most 300. */
  clockSkewSeconds: z.number().int().min(0).max(300).default(30),
  claims: claimsSchema.prefault({}),
  keys: keysSchema.prefault({}),
  /** Prefix of the scopes that clients should ask this issuer for. The scopes in its tokens do not have it. */
  scopePrefix: z.string().max(256).default(''),
});

/** An accepted issuer. */
export type Issuer = z.output<typeof issuerSchema>;

/** Paths of the claims that the gateway needs. */
export type IssuerClaims = Issuer['claims'];

/** Whether two issuers are equal except for a trailing slash, a common mistake that is hard to see. */
export function equalButForSlash(a: string, b: string): boolean {
  return a.replace(/\/$/, '') === b.replace(/\/$/, '');
}

/** Whether the host name of a URL means the machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function isSecure(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.hash !== '' || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}
