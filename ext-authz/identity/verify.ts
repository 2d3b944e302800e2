import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { equalButForSlash, type Issuer } from '../../core/identity/issuer.ts';
import { setNewest } from '../../core/newest.ts';
import type { Logger } from '../../runtime/log.ts';
import { issuerMismatch } from './ask-issuer.ts';
import type { Identity } from './identity.ts';
import type { VerificationKey } from './jwks.ts';
import { IssuerUnavailable, KeySet } from './key-set.ts';
import { readClaims } from './token-claims.ts';
import { readHeader, type TokenHeader } from './token-header.ts';

/** Tokens that are longer are refused unread. */
const MAX_TOKEN_LENGTH = 16_384;
const CACHED_TOKENS = 10_000;

/** Whose token it is, or why nobody can tell. */
export type Verification =
  | { kind: 'identity'; identity: Identity }
  | { kind: 'invalid'; reason: string }
  | { kind: 'unavailable'; reason: string };

/** What a verifier needs from outside. */
export interface VerifierOptions {
  issuers: readonly Issuer[];
  log: Logger;
  /** The verifier that this one takes the place of: the keys that it knows are not asked for again. */
  replaced?: TokenVerifier;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Milliseconds on any steady clock, by which keys grow old. */
  nowMs?: () => number;
}

interface KnownIssuer {
  issuer: Issuer;
  keys: KeySet;
}

/** A token that was verified: it need not be again until it expires or the issuer publishes other keys. */
interface Verified {
  identity: Identity;
  untilMs: number;
  keys: KeySet;
  keysVersion: number;
}

/**
 * Verifies access tokens of the configured issuers (RFC 9068, section 4; RFC 8725). A signature is verified once: the
 * outcome is remembered until the token expires, for at most {@link CACHED_TOKENS} tokens.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, KnownIssuer>;
  readonly #now: () => number;
  readonly #verified = new Map<string, Verified>();

  constructor({ issuers, log, replaced, fetch, nowMs, now = Date.now }: VerifierOptions) {
    const before = replaced === undefined ? undefined : replaced.#issuers;
    const keysOf = (issuer: Issuer): KeySet => {
      const known = before?.get(issuer.url)?.keys;
      if (known !== undefined && known.issuer.discoveryUrl === issuer.discoveryUrl) return known;
      return new KeySet({ issuer, log, ...(fetch && { fetch }), ...(nowMs && { nowMs }) });
    };
    this.#issuers = new Map(issuers.map((issuer) => [issuer.url, { issuer, keys: keysOf(issuer) }]));
    this.#now = now;
  }

  /** Asks every issuer whose keys are not known yet, so that the first request need not wait. */
  async warmUp(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map(({ keys }) => keys.prepare()));
  }

  /** Verifies one token. At once when it is known already. */
  verify(token: string): Verification | Promise<Verification> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      known.keys.keepFresh();
      if (this.#now() < known.untilMs && known.keys.version === known.keysVersion) {
        return { kind: 'identity', identity: known.identity };
      }
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
      const { issuer, keys } = known;
      const header = readHeader(token);
      if (typeof header === 'string') return invalid(header);
      if (!issuer.algorithms.some((algorithm) => algorithm === header.alg)) throw new errors.JOSEAlgNotAllowed();

      const { claims, version } = await this.#verifySignature(token, header, known);
      const identity = readClaims(claims, issuer, this.#now() / 1000);
      if (typeof identity === 'string') return invalid(identity);
      const untilMs = (identity.expiresAtSeconds + issuer.clockSkewSeconds) * 1000;
      setNewest(this.#verified, token, { identity, untilMs, keys, keysVersion: version }, CACHED_TOKENS);
      return { kind: 'identity', identity };
    } catch (error) {
      if (error instanceof IssuerUnavailable) return { kind: 'unavailable', reason: error.message };
      return invalid(explain(error));
    }
  }

  async #verifySignature(
    token: string,
    header: TokenHeader,
    { issuer, keys }: KnownIssuer,
  ): Promise<{ claims: JWTPayload; version: number }> {
    let candidates = await keys.find(header);
    let claims = await this.#verifyWith(candidates.keys, token, issuer);
    // Without the name of a key, only this tells that the issuer may have a new one.
    if (claims === undefined && header.kid === undefined && (await keys.renew())) {
      candidates = await keys.find(header);
      claims = await this.#verifyWith(candidates.keys, token, issuer);
    }
    if (claims !== undefined) return { claims, version: candidates.version };
    throw candidates.keys.length === 0 ? new errors.JWKSNoMatchingKey() : new errors.JWSSignatureVerificationFailed();
  }

  // The claims, once one of the keys has verified the signature.
  async #verifyWith(
    candidates: readonly VerificationKey[],
    token: string,
    issuer: Issuer,
  ): Promise<JWTPayload | undefined> {
    for (const { jwk } of candidates) {
      try {
        const { payload } = await jwtVerify(token, jwk, {
          issuer: issuer.url,
          algorithms: [...issuer.algorithms],
          clockTolerance: issuer.clockSkewSeconds,
          requiredClaims: ['exp'],
          currentDate: new Date(this.#now()),
        });
        return payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    return undefined;
  }

  #unknownIssuer(iss: string): string {
    const near = [...this.#issuers.keys()].find((url) => equalButForSlash(url, iss));
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
