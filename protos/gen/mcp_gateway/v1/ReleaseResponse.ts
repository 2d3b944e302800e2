// Original file: protos/mcp_gateway/v1/slots.proto

export interface ReleaseResponse {
}

export interface ReleaseResponse__Output {
}
