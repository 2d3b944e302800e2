import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '../../core/document/duration.ts';
import { messageOf } from '../../core/errors.ts';
import type { Issuer } from '../../core/identity/issuer.ts';
import type { Logger } from '../../runtime/log.ts';
import { askIssuer } from './ask-issuer.ts';
import { candidatesFor, type VerificationKey } from './jwks.ts';
import type { TokenHeader } from './token-header.ts';

/** Timeout for each of the two documents. Together, they take less time than Envoy waits for ext-authz. */
const REQUEST_TIMEOUT_MS = 2_000;

/** Minimum time between two questions to the issuer that tokens cause. */
const COOLDOWN_MS = 10_000;
/** The same while no keys are known, so that no token can be verified. */
const FIRST_COOLDOWN_MS = 1_000;

/** Age after which keys are requested again. Until the issuer answers, the old ones are used. */
const REFRESH_MS = 600_000;
/** The same while the issuer does not answer. */
const RETRY_MS = 30_000;

/** Age after which the keys no longer count, see `keys.maxAge` of an issuer. */
const DEFAULT_MAX_AGE_MS = 86_400_000;

/** What a key set needs from outside. */
export interface KeySetOptions {
  issuer: Pick<Issuer, 'url' | 'discoveryUrl'>;
  log: Logger;
  /** Default one day. */
  maxAgeMs?: number;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds of a monotonic clock. */
  nowMs?: () => number;
}

/** The keys with which a token can be signed; none if the issuer publishes no such key. */
export interface Candidates {
  keys: readonly VerificationKey[];
  /** The {@link KeySet.version} of these keys. */
  version: number;
}

/** The issuer cannot be reached and no keys are known yet, so that no token can be verified. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

/**
 * The signing keys of one issuer. They are kept while the issuer is down, up to a maximum age, and refreshed when they are old or a
 * token names an unknown key, with one request to the issuer at a time. A token with a known key never waits.
 */
export class KeySet {
  readonly issuer: KeySetOptions['issuer'];
  /** Age in milliseconds after which keys no longer count. */
  maxAgeMs: number;
  readonly #log: Logger;
  readonly #fetch: typeof globalThis.fetch;
  readonly #nowMs: () => number;
  #keys: readonly VerificationKey[] | undefined;
  #version = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  /** When the issuer last published the known keys. */
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #failing = false;

  constructor({
    issuer,
    log,
    maxAgeMs = DEFAULT_MAX_AGE_MS,
    fetch = globalThis.fetch,
    nowMs = () => performance.now(),
  }: KeySetOptions) {
    this.issuer = issuer;
    this.maxAgeMs = maxAgeMs;
    this.#log = log;
    this.#fetch = fetch;
    this.#nowMs = nowMs;
  }

  /** Changes whenever the issuer publishes other keys or they get too old, after which tokens must be verified again. */
  get version(): number {
    return this.#version;
  }

  /** The keys for a token with this header. Rejects with IssuerUnavailable if none are known. */
  async find(header: TokenHeader): Promise<Candidates> {
    this.keepFresh();
    if (this.#keys === undefined) await this.#renewAfter(FIRST_COOLDOWN_MS);
    const known = this.#candidatesFor(header);
    return known.keys.length === 0 && (await this.renew()) ? this.#candidatesFor(header) : known;
  }

  /**
   * Asks the issuer for newer keys, or waits for the pending answer. Does nothing if the issuer was asked within the last `COOLDOWN_MS`. Never
   * rejects. Returns whether the keys have changed.
   */
  async renew(): Promise<boolean> {
    const before = this.#version;
    await this.#renewAfter(COOLDOWN_MS);
    return this.#version !== before;
  }

  /** Asks for newer keys in the background if the known ones are old, and drops those that are too old. */
  keepFresh(): void {
    if (this.#keys === undefined) return;
    this.#dropExpired();
    if (this.#nowMs() - this.#askedAtMs > (this.#failing ? RETRY_MS : REFRESH_MS)) void this.refresh();
  }

  /** Asks for the keys if none are known yet. Never rejects. */
  async prepare(): Promise<void> {
    if (this.#keys === undefined) await this.refresh();
  }

  /** Asks the issuer now, or waits for the pending answer. Never rejects. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renewAfter(cooldownMs: number): Promise<void> {
    if (this.#asking !== undefined || this.#nowMs() - this.#askedAtMs >= cooldownMs) await this.refresh();
  }

  #candidatesFor(header: TokenHeader): Candidates {
    if (this.#keys === undefined) throw new IssuerUnavailable(`no keys of ${this.issuer.url} are known`);
    return { keys: candidatesFor(this.#keys, header), version: this.#version };
  }

  #dropExpired(): void {
    if (this.#nowMs() - this.#publishedAtMs <= this.maxAgeMs) return;
    this.#keys = undefined;
    this.#version++;
    this.#log.error(
      { issuer: this.issuer.url, maxAge: formatDuration(this.maxAgeMs) },
      'the keys of the issuer are older than keys.maxAge: no token can be verified until it answers',
    );
  }

  async #ask(): Promise<void> {
    this.#askedAtMs = this.#nowMs();
    const { issuer } = this;
    try {
      const { keys, ignored } = await askIssuer({ issuer, timeoutMs: REQUEST_TIMEOUT_MS, fetch: this.#fetch });
      if (this.#failing) this.#log.info({ issuer: issuer.url }, 'the issuer answers again');
      this.#failing = false;
      this.#publishedAtMs = this.#nowMs();
      if (isDeepStrictEqual(keys, this.#keys)) return;
      this.#keys = keys;
      this.#version++;
      this.#log.debug({ issuer: issuer.url, keys: keys.length, ignored }, 'the issuer publishes new keys');
      if (keys.length === 0)
        this.#log.warn(
          { issuer: issuer.url, ignored },
          'the issuer publishes no usable keys: no token can be verified',
        );
    } catch (error) {
      const known = this.#keys === undefined ? 'no token can be verified until it answers' : 'using its known keys';
      if (!this.#failing)
        this.#log.warn({ issuer: issuer.url, reason: messageOf(error) }, `no keys from the issuer: ${known}`);
      this.#failing = true;
    }
  }
}
