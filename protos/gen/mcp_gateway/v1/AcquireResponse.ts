// Original file: protos/mcp_gateway/v1/slots.proto

export interface AcquireResponse {
  'acquired'?: (boolean);
}

export interface AcquireResponse__Output {
  'acquired'?: (boolean);
}
