// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * A header that holds a secret.
 */
export interface Credential {
  'name'?: (string);
  'value'?: (string);
}

/**
 * A header that holds a secret.
 */
export interface Credential__Output {
  'name'?: (string);
  'value'?: (string);
}
