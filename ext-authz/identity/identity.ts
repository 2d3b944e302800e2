import type { Caller } from '../../core/tenants/claim-rule.ts';

/** Whose token it is, after its signature was verified. */
export interface Identity extends Caller {
  readonly subject: string;
  /** The stable hash of issuer and subject. */
  readonly principal: Buffer;
  /** The `aud` claim as a list. */
  readonly audiences: readonly string[];
  /** Scopes that the token was given. */
  readonly scopes: readonly string[];
  /** The `exp` claim: seconds since the epoch. */
  readonly expiresAtSeconds: number;
}
