/** Whose token it is, after its signature was verified. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The stable hash of issuer and subject. */
  principal: Buffer;
  /** The `aud` claim as a list. */
  audiences: readonly string[];
  /** All claims; a tenant is found from them. */
  claims: Readonly<Record<string, unknown>>;
  /** The `exp` claim: seconds since the epoch. */
  expiresAtSeconds: number;
}
