// Original file: protos/mcp_gateway/v1/policy.proto

export interface ClaimRule {
  /**
   * Empty holds for no token.
   */
  'issuer'?: (string);
  /**
   * Path of the claim; empty where named tells it.
   */
  'claim'?: (string)[];
  /**
   * tenant, groups or roles: as the issuer's claims say.
   */
  'named'?: (string);
  'values'?: (string)[];
}

export interface ClaimRule__Output {
  /**
   * Empty holds for no token.
   */
  'issuer'?: (string);
  /**
   * Path of the claim; empty where named tells it.
   */
  'claim': (string)[];
  /**
   * tenant, groups or roles: as the issuer's claims say.
   */
  'named'?: (string);
  'values': (string)[];
}
