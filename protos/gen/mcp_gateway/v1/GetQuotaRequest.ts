// Original file: protos/mcp_gateway/v1/usage.proto

export interface GetQuotaRequest {
  'tenant'?: (string);
  /**
   * Most users, backends and tools to return.
   */
  'top'?: (number);
}

export interface GetQuotaRequest__Output {
  'tenant'?: (string);
  /**
   * Most users, backends and tools to return.
   */
  'top'?: (number);
}
