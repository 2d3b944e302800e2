// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * A header with a secret.
 */
export interface Credential {
  'name'?: (string);
  'value'?: (string);
}

/**
 * A header with a secret.
 */
export interface Credential__Output {
  'name'?: (string);
  'value'?: (string);
}
