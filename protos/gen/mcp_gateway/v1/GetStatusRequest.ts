// Original file: protos/mcp_gateway/v1/status.proto

export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
