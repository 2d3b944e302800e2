import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { isLoopback } from '../../core/identity/issuer.ts';
import type { Logger } from '../../runtime/log.ts';

/** For each of the two documents: together less than Envoy waits for an answer of ext-authz. */
const REQUEST_TIMEOUT_MS = 2_000;
const MAX_DOCUMENT_BYTES = 1 << 20;

/** No unknown key id makes the gateway ask the issuer again sooner than this. */
const COOLDOWN_MS = 10_000;

/** Keys are asked for anew after this; until an answer comes, and while the issuer is down, the old ones serve. */
const REFRESH_MS = 600_000;

const discoveryDocument = z.object({
  issuer: z.string(),
  jwks_uri: z.url().refine((text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  }, 'jwks_uri must be an https URL'),
});
const jwksDocument = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(200) });

/** What a key set needs from outside. */
export interface KeySetOptions {
  /** The issuer, as its `iss` claim writes it. */
  issuer: string;
  log: Logger;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds on any steady clock. */
  nowMs?: () => number;
}

/** The issuer cannot be asked and no keys are known yet: nobody can be verified now. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

/**
 * The signing keys of one issuer, found by OpenID Connect Discovery 1.0, section 4. They are kept while the issuer is down,
 * refreshed when they are old or a token names a key that is not among them, and never asked for more than once at a time.
 */
export class KeySet {
  readonly #issuer: string;
  readonly #log: Logger;
  readonly #fetch: typeof globalThis.fetch;
  readonly #nowMs: () => number;
  #resolve: ReturnType<typeof createLocalJWKSet> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #failing = false;

  constructor({ issuer, log, fetch = globalThis.fetch, nowMs = () => performance.now() }: KeySetOptions) {
    this.#issuer = issuer;
    this.#log = log;
    this.#fetch = fetch;
    this.#nowMs = nowMs;
  }

  /** The key for a token, as `jwtVerify` of jose asks for it. Rejects with jose's JWKSNoMatchingKey or IssuerUnavailable. */
  readonly getKey = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const sinceAskedMs = this.#nowMs() - this.#askedAtMs;
    if (this.#resolve === undefined) {
      if (this.#asking !== undefined || sinceAskedMs > COOLDOWN_MS / 10) await this.refresh();
      if (this.#resolve === undefined) throw new IssuerUnavailable(`no keys of ${this.#issuer} are known`);
    } else if (sinceAskedMs > REFRESH_MS) {
      void this.refresh();
    }
    try {
      return await this.#resolve(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // An answer that is under way may bring the key.
      if (this.#asking === undefined && sinceAskedMs < COOLDOWN_MS) throw error;
      await this.refresh();
      return await this.#resolve(header, token);
    }
  };

  /** Asks the issuer now, or waits for the answer that is already under way. Never rejects. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#askedAtMs = this.#nowMs();
    try {
      const discoveryUrl = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const discovery = discoveryDocument.parse(await this.#getJson(discoveryUrl));
      if (discovery.issuer !== this.#issuer) throw new Error(issuerMismatch(this.#issuer, discovery.issuer));
      const jwks = jwksDocument.parse(await this.#getJson(discovery.jwks_uri));
      this.#resolve = createLocalJWKSet(jwks as JSONWebKeySet);
      if (this.#failing) this.#log.info({ issuer: this.#issuer }, 'the issuer answers again');
      this.#failing = false;
    } catch (error) {
      const known = this.#resolve === undefined ? 'nobody can be verified until it answers' : 'its known keys go on';
      if (!this.#failing)
        this.#log.warn({ issuer: this.#issuer, reason: messageOf(error) }, `no keys from the issuer: ${known}`);
      this.#failing = true;
    }
  }

  async #getJson(url: string): Promise<unknown> {
    const response = await this.#fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const text = await response.text();
    if (text.length > MAX_DOCUMENT_BYTES) throw new Error(`${url} answered more than ${MAX_DOCUMENT_BYTES} characters`);
    return JSON.parse(text);
  }
}

/** Says how two issuers differ; a trailing slash is the usual reason and hard to see. */
export function issuerMismatch(configured: string, found: string): string {
  const slashOnly = configured.replace(/\/$/, '') === found.replace(/\/$/, '');
  const hint = slashOnly ? ': they differ only in the trailing slash, and must be equal to the last character' : '';
  return `the issuer is configured as ${configured} but calls itself ${found}${hint}`;
}
