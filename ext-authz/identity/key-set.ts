import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import type { Issuer } from '../../core/identity/issuer.ts';
import type { Logger } from '../../runtime/log.ts';
import { askIssuer } from './ask-issuer.ts';
import { candidatesFor, type VerificationKey } from './jwks.ts';
import type { TokenHeader } from './token-header.ts';

/** For each of the two documents: together less than Envoy waits for an answer of ext-authz. */
const REQUEST_TIMEOUT_MS = 2_000;

/** No token makes the gateway ask the issuer again sooner than this. */
const COOLDOWN_MS = 10_000;
/** The same while no keys are known at all, and nobody can be verified. */
const FIRST_COOLDOWN_MS = 1_000;

/** Keys are asked for anew after this; until an answer comes, and while the issuer is down, the old ones serve. */
const REFRESH_MS = 600_000;
/** The same while the issuer does not answer. */
const RETRY_MS = 30_000;

/** What a key set needs from outside. */
export interface KeySetOptions {
  issuer: Pick<Issuer, 'url' | 'discoveryUrl'>;
  log: Logger;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds on any steady clock. */
  nowMs?: () => number;
}

/** Keys that a token may be signed with; none where the issuer publishes no such key. */
export interface Candidates {
  keys: readonly VerificationKey[];
  /** The {@link KeySet.version} that they are of. */
  version: number;
}

/** The issuer cannot be asked and no keys are known yet: nobody can be verified now. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

/**
 * The signing keys of one issuer. They are kept while the issuer is down, refreshed when they are old or a token names a key
 * that is not among them, and never asked for more than once at a time. Whoever needs a known key never waits.
 */
export class KeySet {
  readonly issuer: KeySetOptions['issuer'];
  readonly #log: Logger;
  readonly #fetch: typeof globalThis.fetch;
  readonly #nowMs: () => number;
  #keys: readonly VerificationKey[] | undefined;
  #version = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #failing = false;

  constructor({ issuer, log, fetch = globalThis.fetch, nowMs = () => performance.now() }: KeySetOptions) {
    this.issuer = issuer;
    this.#log = log;
    this.#fetch = fetch;
    this.#nowMs = nowMs;
  }

  /** Changes whenever other keys are published: what was verified before must be verified again. */
  get version(): number {
    return this.#version;
  }

  /** The keys for a token with this header. Rejects with IssuerUnavailable. */
  async find(header: TokenHeader): Promise<Candidates> {
    if (this.#keys === undefined) await this.#renewAfter(FIRST_COOLDOWN_MS);
    else this.keepFresh();
    const known = this.#candidatesFor(header);
    return known.keys.length === 0 && (await this.renew()) ? this.#candidatesFor(header) : known;
  }

  /**
   * Asks the issuer for newer keys, or waits for the answer that is under way; at once where it was asked a short while ago.
   * Never rejects. Gives whether the keys are others now.
   */
  async renew(): Promise<boolean> {
    const before = this.#version;
    await this.#renewAfter(COOLDOWN_MS);
    return this.#version !== before;
  }

  /** Asks for newer keys where those that are known are old. Nobody waits for it. */
  keepFresh(): void {
    if (this.#nowMs() - this.#askedAtMs > (this.#failing ? RETRY_MS : REFRESH_MS)) void this.refresh();
  }

  /** Asks for the keys where none are known yet. Never rejects. */
  async prepare(): Promise<void> {
    if (this.#keys === undefined) await this.refresh();
  }

  /** Asks the issuer now, or waits for the answer that is already under way. Never rejects. */
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

  async #ask(): Promise<void> {
    this.#askedAtMs = this.#nowMs();
    const { issuer } = this;
    try {
      const { keys, ignored } = await askIssuer({ issuer, timeoutMs: REQUEST_TIMEOUT_MS, fetch: this.#fetch });
      if (this.#failing) this.#log.info({ issuer: issuer.url }, 'the issuer answers again');
      this.#failing = false;
      if (isDeepStrictEqual(keys, this.#keys)) return;
      this.#keys = keys;
      this.#version++;
      this.#log.debug({ issuer: issuer.url, keys: keys.length, ignored }, 'the issuer publishes other keys');
      if (keys.length === 0)
        this.#log.warn({ issuer: issuer.url, ignored }, 'the issuer publishes no usable keys: nobody can be verified');
    } catch (error) {
      const known = this.#keys === undefined ? 'nobody can be verified until it answers' : 'its known keys go on';
      if (!this.#failing)
        this.#log.warn({ issuer: issuer.url, reason: messageOf(error) }, `no keys from the issuer: ${known}`);
      this.#failing = true;
    }
  }
}
