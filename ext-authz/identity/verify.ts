import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { ByteCache } from '../../core/byte-cache.ts';
import { equalButForSlash, type Issuer } from '../../core/identity/issuer.ts';
import { memorySizeOf } from '../../core/memory-size.ts';
import type { Logger } from '../../runtime/log.ts';
import { issuerMismatch } from './ask-issuer.ts';
import type { Identity } from './identity.ts';
import type { VerificationKey } from './jwks.ts';
import { IssuerUnavailable, KeySet } from './key-set.ts';
import { readClaims } from './token-claims.ts';
import { readHeader, type TokenHeader } from './token-header.ts';

/** Maximum length of a token. Longer ones are rejected unread. */
const MAX_TOKEN_LENGTH = 16_384;
/** Memory for verified tokens: about 10,000 usual ones. */
export const TOKEN_CACHE_BYTES = 40 << 20;
/** What a verified token takes besides its text, its claims and its scopes. */
const BYTES_OF_IDENTITY = 1_024;

/** The caller of a token, or why it is not known. */
export type Verification =
  | { kind: 'identity'; identity: Identity }
  | { kind: 'invalid'; reason: string }
  | { kind: 'unavailable'; reason: string };

/** Options of a verifier. */
export interface VerifierOptions {
  issuers: readonly Issuer[];
  log: Logger;
  /** The verifier that this one replaces. Its known keys are used instead of asking the issuers again. */
  replaced?: TokenVerifier;
  /** Memory for verified tokens and their claims. Default 40 MiB. */
  cacheBytes?: number;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Milliseconds of a monotonic clock, for the age of keys. */
  nowMs?: () => number;
}

interface KnownIssuer {
  issuer: Issuer;
  keys: KeySet;
}

/** A verified token. It need not be verified again until it expires or the issuer publishes other keys. */
interface Verified {
  identity: Identity;
  untilMs: number;
  keys: KeySet;
  keysVersion: number;
}

/**
 * Verifies access tokens of the configured issuers (RFC 9068, section 4; RFC 8725). A signature is verified once: the result is cached
 * until the token expires, as long as the newest tokens take at most `cacheBytes`.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, KnownIssuer>;
  readonly #now: () => number;
  readonly #verified: ByteCache<Verified>;

  constructor(options: VerifierOptions) {
    const { issuers, log, replaced, fetch, nowMs, now = Date.now, cacheBytes = TOKEN_CACHE_BYTES } = options;
    this.#verified = new ByteCache(cacheBytes);
    const before = replaced === undefined ? undefined : replaced.#issuers;
    const keysOf = (issuer: Issuer): KeySet => {
      const known = before?.get(issuer.url)?.keys;
      const maxAgeMs = issuer.keys.maxAge;
      if (known === undefined || known.issuer.discoveryUrl !== issuer.discoveryUrl)
        return new KeySet({ issuer, log, maxAgeMs, ...(fetch && { fetch }), ...(nowMs && { nowMs }) });
      known.maxAgeMs = maxAgeMs;
      return known;
    };
    this.#issuers = new Map(issuers.map((issuer) => [issuer.url, { issuer, keys: keysOf(issuer) }]));
    this.#now = now;
  }

  /** Asks every issuer whose keys are not known yet, so that the first request does not wait for it. */
  async warmUp(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map(({ keys }) => keys.prepare()));
  }

  /** Verifies a token; synchronously if it is in the cache. */
  verify(token: string): Verification | Promise<Verification> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      known.keys.keepFresh();
      if (this.#now() < known.untilMs && known.keys.version === known.keysVersion) {
        return { kind: 'identity', identity: known.identity };
      }
      this.#verified.delete(token);
    }
    return this.#verifyUncached(token);
  }

  async #verifyUncached(token: string): Promise<Verification> {
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
      this.#verified.set(token, { identity, untilMs, keys, keysVersion: version }, sizeOf(token, identity));
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
    // Without a `kid`, only a failed signature indicates that the issuer may have a new key.
    if (claims === undefined && header.kid === undefined && (await keys.renew())) {
      candidates = await keys.find(header);
      claims = await this.#verifyWith(candidates.keys, token, issuer);
    }
    if (claims !== undefined) return { claims, version: candidates.version };
    throw candidates.keys.length === 0 ? new errors.JWKSNoMatchingKey() : new errors.JWSSignatureVerificationFailed();
  }

  // The claims if one of the keys verifies the signature.
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
      ? `is from the issuer ${iss.slice(0, 200)}, which is not accepted here`
      : `is not accepted: ${issuerMismatch(near, iss)}`;
  }
}

function sizeOf(token: string, { claims, scopes }: Identity): number {
  return memorySizeOf(token) + memorySizeOf(claims) + memorySizeOf(scopes) + BYTES_OF_IDENTITY;
}

function invalid(reason: string): Verification {
  return { kind: 'invalid', reason };
}

/** Reasons for which a token is invalid, without those of its header and claims. */
export const INVALID = {
  expired: 'has expired',
  unknownKey: 'is signed with a key that the issuer does not publish',
  wrongSignature: 'has a wrong signature',
  algorithm: 'is signed with an algorithm that is not accepted',
  notJwt: 'is not a signed JWT',
} as const;

function explain(error: unknown): string {
  if (error instanceof errors.JWTExpired) return INVALID.expired;
  if (error instanceof errors.JWTClaimValidationFailed) return `has no acceptable ${error.claim} claim`;
  if (error instanceof errors.JWKSNoMatchingKey) return INVALID.unknownKey;
  if (error instanceof errors.JWSSignatureVerificationFailed) return INVALID.wrongSignature;
  if (error instanceof errors.JOSEAlgNotAllowed) return INVALID.algorithm;
  return INVALID.notJwt;
}
