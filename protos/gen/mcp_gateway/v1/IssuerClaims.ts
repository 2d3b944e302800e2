// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Paths of claims. Each path is a list of names that leads into nested objects.
 */
export interface IssuerClaims {
  'subject'?: (string)[];
  'tenant'?: (string)[];
  'groups'?: (string)[];
  'roles'?: (string)[];
  /**
   * Empty: scope, or scp if there is no scope.
   */
  'scopes'?: (string)[];
}

/**
 * Paths of claims. Each path is a list of names that leads into nested objects.
 */
export interface IssuerClaims__Output {
  'subject': (string)[];
  'tenant': (string)[];
  'groups': (string)[];
  'roles': (string)[];
  /**
   * Empty: scope, or scp if there is no scope.
   */
  'scopes': (string)[];
}
