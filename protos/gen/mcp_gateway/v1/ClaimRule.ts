// Original file: protos/mcp_gateway/v1/policy.proto

export interface ClaimRule {
  /**
   * Issuer of the token. A rule without an issuer matches no token.
   */
  'issuer'?: (string);
  /**
   * Path of the claim; empty if `named` is set.
   */
  'claim'?: (string)[];
  /**
   * tenant, groups or roles: the path that IssuerClaims has for it.
   */
  'named'?: (string);
  'values'?: (string)[];
}

export interface ClaimRule__Output {
  /**
   * Issuer of the token. A rule without an issuer matches no token.
   */
  'issuer'?: (string);
  /**
   * Path of the claim; empty if `named` is set.
   */
  'claim': (string)[];
  /**
   * tenant, groups or roles: the path that IssuerClaims has for it.
   */
  'named'?: (string);
  'values': (string)[];
}
