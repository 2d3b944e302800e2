// Original file: protos/mcp_gateway/v1/policy.proto

export interface EndSessionResponse {
}

export interface EndSessionResponse__Output {
}
