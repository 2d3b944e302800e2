// Original file: protos/mcp_gateway/v1/policy.proto

export interface ScopeRule {
  /**
   * Empty: every request.
   */
  'tools'?: (string)[];
  'need'?: (string)[];
}

export interface ScopeRule__Output {
  /**
   * Empty: every request.
   */
  'tools': (string)[];
  'need': (string)[];
}
