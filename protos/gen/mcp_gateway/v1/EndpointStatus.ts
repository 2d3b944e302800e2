// Original file: protos/mcp_gateway/v1/status.proto

export interface EndpointStatus {
  'id'?: (string);
  'address'?: (string);
  /**
   * healthy, unhealthy, draining or unknown
   */
  'health'?: (string);
  'reason'?: (string);
}

export interface EndpointStatus__Output {
  'id'?: (string);
  'address'?: (string);
  /**
   * healthy, unhealthy, draining or unknown
   */
  'health'?: (string);
  'reason'?: (string);
}
