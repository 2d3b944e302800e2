import type { Caller } from '../../core/tenants/claim-rule.ts';

/** The caller, from the claims of a verified token. */
export interface Identity extends Caller {
  readonly subject: string;
  /** The stable hash of issuer and subject. */
  readonly principal: Buffer;
  /** The `aud` claim as a list. */
  readonly audiences: readonly string[];
  /** Scopes of the token. */
  readonly scopes: readonly string[];
  /** The `exp` claim: seconds since the epoch. */
  readonly expiresAtSeconds: number;
}
