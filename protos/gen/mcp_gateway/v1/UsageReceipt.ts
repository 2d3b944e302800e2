// Original file: protos/mcp_gateway/v1/usage.proto

export interface UsageReceipt {
  /**
   * Incarnation of the receiver. A new incarnation has none of the earlier reports.
   */
  'incarnation'?: (string);
}

export interface UsageReceipt__Output {
  /**
   * Incarnation of the receiver. A new incarnation has none of the earlier reports.
   */
  'incarnation'?: (string);
}
