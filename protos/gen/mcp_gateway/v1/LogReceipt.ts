// Original file: protos/mcp_gateway/v1/status.proto

export interface LogReceipt {
}

export interface LogReceipt__Output {
}
