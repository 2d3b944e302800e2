// Original file: protos/mcp_gateway/v1/slots.proto

export interface ReleaseRequest {
  'slot'?: (string);
}

export interface ReleaseRequest__Output {
  'slot'?: (string);
}
