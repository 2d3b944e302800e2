// Original file: protos/mcp_gateway/v1/policy.proto

export interface NameFilter {
  /**
   * Whether `allow` applies; otherwise every name is allowed.
   */
  'restricted'?: (boolean);
  'allow'?: (string)[];
  'deny'?: (string)[];
}

export interface NameFilter__Output {
  /**
   * Whether `allow` applies; otherwise every name is allowed.
   */
  'restricted'?: (boolean);
  'allow': (string)[];
  'deny': (string)[];
}
