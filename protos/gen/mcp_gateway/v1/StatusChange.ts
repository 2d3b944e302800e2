// Original file: protos/mcp_gateway/v1/status.proto

export interface StatusChange {
  /**
   * RFC 3339.
   */
  'time'?: (string);
  'what'?: (string);
}

export interface StatusChange__Output {
  /**
   * RFC 3339.
   */
  'time'?: (string);
  'what'?: (string);
}
