// Original file: protos/mcp_gateway/v1/slots.proto

export interface AcquireRequest {
  /**
   * Unique; the access log names it again.
   */
  'slot'?: (string);
  'tenant'?: (string);
  /**
   * A GET stream; else a request.
   */
  'stream'?: (boolean);
  'max'?: (number);
}

export interface AcquireRequest__Output {
  /**
   * Unique; the access log names it again.
   */
  'slot'?: (string);
  'tenant'?: (string);
  /**
   * A GET stream; else a request.
   */
  'stream'?: (boolean);
  'max'?: (number);
}
