// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Paths of claims, each a list of names that leads into objects.
 */
export interface IssuerClaims {
  'subject'?: (string)[];
  'tenant'?: (string)[];
  'groups'?: (string)[];
  'roles'?: (string)[];
  /**
   * Empty: scope, else scp.
   */
  'scopes'?: (string)[];
}

/**
 * Paths of claims, each a list of names that leads into objects.
 */
export interface IssuerClaims__Output {
  'subject': (string)[];
  'tenant': (string)[];
  'groups': (string)[];
  'roles': (string)[];
  /**
   * Empty: scope, else scp.
   */
  'scopes': (string)[];
}
