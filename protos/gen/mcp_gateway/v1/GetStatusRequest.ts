// Original file: protos/mcp_gateway/v1/policy.proto

export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
