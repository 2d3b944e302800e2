// Original file: protos/mcp_gateway/v1/policy.proto

export interface Issuer {
  'url'?: (string);
  'audiences'?: (string)[];
  'algorithms'?: (string)[];
  'clockSkewSeconds'?: (number);
}

export interface Issuer__Output {
  'url'?: (string);
  'audiences': (string)[];
  'algorithms': (string)[];
  'clockSkewSeconds'?: (number);
}
