// Original file: protos/mcp_gateway/v1/policy.proto

export interface Endpoint {
  'id'?: (string);
  /**
   * ip:port, or unix:PATH
   */
  'address'?: (string);
  'incarnation'?: (string);
  'draining'?: (boolean);
}

export interface Endpoint__Output {
  'id'?: (string);
  /**
   * ip:port, or unix:PATH
   */
  'address'?: (string);
  'incarnation'?: (string);
  'draining'?: (boolean);
}
