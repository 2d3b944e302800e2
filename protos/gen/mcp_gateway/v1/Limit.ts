// Original file: protos/mcp_gateway/v1/policy.proto

export interface Limit {
  'requests'?: (number);
  'periodMs'?: (number);
  'burst'?: (number);
}

export interface Limit__Output {
  'requests'?: (number);
  'periodMs'?: (number);
  'burst'?: (number);
}
