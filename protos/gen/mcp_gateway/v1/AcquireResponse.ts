// Original file: protos/mcp_gateway/v1/slots.proto

export interface AcquireResponse {
  'granted'?: (boolean);
}

export interface AcquireResponse__Output {
  'granted'?: (boolean);
}
