// Original file: protos/mcp_gateway/v1/policy.proto

export interface GetQuotaRequest {
  'tenant'?: (string);
  /**
   * Most users, backends and tools to name.
   */
  'top'?: (number);
}

export interface GetQuotaRequest__Output {
  'tenant'?: (string);
  /**
   * Most users, backends and tools to name.
   */
  'top'?: (number);
}
