import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Issuer } from '../../core/identity/issuer.ts';
import { hashPrincipal } from '../../core/identity/principal.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Identity } from './identity.ts';
import { IssuerUnavailable, issuerMismatch, KeySet } from './key-set.ts';

/** Tokens that are longer are refused unread. */
const MAX_TOKEN_LENGTH = 16_384;
const CACHED_TOKENS = 10_000;
const MAX_SUBJECT_LENGTH = 1024;

/** Whose token it is, or why nobody can tell. */
export type Verification =
  | { kind: 'identity'; identity: Identity }
  | { kind: 'invalid'; reason: string }
  | { kind: 'unavailable'; reason: string };

/** What a verifier needs from outside. */
export interface VerifierOptions {
  issuers: readonly Issuer[];
  log: Logger;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Verifies access tokens of the configured issuers (RFC 9068, section 4; RFC 8725). A signature is verified once: the
 * outcome is remembered until the token expires, for at most {@link CACHED_TOKENS} tokens.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, { issuer: Issuer; keys: KeySet }>;
  readonly #now: () => number;
  readonly #verified = new Map<string, { identity: Identity; untilMs: number }>();

  constructor({ issuers, log, fetch, now = Date.now }: VerifierOptions) {
    const keySet = ({ url }: Issuer) => new KeySet({ issuer: url, log, ...(fetch === undefined ? {} : { fetch }) });
    this.#issuers = new Map(issuers.map((issuer) => [issuer.url, { issuer, keys: keySet(issuer) }]));
    this.#now = now;
  }

  /** Asks every issuer for its keys, so that the first request need not wait. */
  async warmUp(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map(({ keys }) => keys.refresh()));
  }

  /** Verifies one token. At once when it is known already. */
  verify(token: string): Verification | Promise<Verification> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      if (this.#now() < known.untilMs) return { kind: 'identity', identity: known.identity };
      this.#verified.delete(token);
    }
    return this.#verifyAnew(token);
  }

  async #verifyAnew(token: string): Promise<Verification> {
    if (token.length > MAX_TOKEN_LENGTH) return invalid(`is longer than ${MAX_TOKEN_LENGTH} characters`);
    try {
      const iss: unknown = decodeJwt(token).iss;
      if (typeof iss !== 'string') return invalid('has no iss claim');
      const known = this.#issuers.get(iss);
      if (known === undefined) return invalid(this.#unknownIssuer(iss));
      if (decodeProtectedHeader(token).crit !== undefined) return invalid('has critical header parameters');
      const { payload } = await jwtVerify(token, known.keys.getKey, {
        issuer: known.issuer.url,
        algorithms: [...known.issuer.algorithms],
        clockTolerance: known.issuer.clockSkewSeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(this.#now()),
      });
      const { sub, exp, aud } = payload;
      if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH || exp === undefined) {
        return invalid('has a sub claim that is no text, empty or too long');
      }
      const identity: Identity = {
        issuer: known.issuer.url,
        subject: sub,
        principal: hashPrincipal(known.issuer.url, sub),
        audiences: aud === undefined ? [] : [aud].flat(),
        claims: payload,
        expiresAtSeconds: exp,
      };
      this.#remember(token, identity, known.issuer.clockSkewSeconds);
      return { kind: 'identity', identity };
    } catch (error) {
      if (error instanceof IssuerUnavailable) return { kind: 'unavailable', reason: error.message };
      return invalid(explain(error));
    }
  }

  #remember(token: string, identity: Identity, skewSeconds: number): void {
    if (this.#verified.size >= CACHED_TOKENS) {
      const [oldest] = this.#verified.keys();
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(token, { identity, untilMs: (identity.expiresAtSeconds + skewSeconds) * 1000 });
  }

  #unknownIssuer(iss: string): string {
    const near = [...this.#issuers.keys()].find((url) => url.replace(/\/$/, '') === iss.replace(/\/$/, ''));
    return near === undefined
      ? `is of the issuer ${iss.slice(0, 200)}, which is not accepted here`
      : `is not accepted: ${issuerMismatch(near, iss)}`;
  }
}

function invalid(reason: string): Verification {
  return { kind: 'invalid', reason };
}

function explain(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `has no acceptable ${error.claim} claim`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'is signed with a key that the issuer does not publish';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'has a wrong signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'is signed with an algorithm that is not accepted';
  return 'is not a signed JWT';
}
