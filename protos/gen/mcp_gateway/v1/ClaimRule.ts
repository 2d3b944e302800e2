// Original file: protos/mcp_gateway/v1/policy.proto

export interface ClaimRule {
  'claim'?: (string);
  'value'?: (string);
}

export interface ClaimRule__Output {
  'claim'?: (string);
  'value'?: (string);
}
