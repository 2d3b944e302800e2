// Original file: protos/mcp_gateway/v1/policy.proto

export interface UsageReceipt {
  /**
   * The watcher's own incarnation: another one knows nothing of earlier reports.
   */
  'watcher'?: (string);
}

export interface UsageReceipt__Output {
  /**
   * The watcher's own incarnation: another one knows nothing of earlier reports.
   */
  'watcher'?: (string);
}
