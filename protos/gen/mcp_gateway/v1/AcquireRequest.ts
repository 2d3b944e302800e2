// Original file: protos/mcp_gateway/v1/slots.proto

export interface AcquireRequest {
  /**
   * Unique id of the slot, which the access log repeats.
   */
  'slot'?: (string);
  'tenant'?: (string);
  /**
   * Whether this is a GET stream; otherwise it is a request.
   */
  'stream'?: (boolean);
  /**
   * Most slots that the tenant may hold: its maxConcurrent, or its maxStreams for a stream.
   */
  'limit'?: (number);
}

export interface AcquireRequest__Output {
  /**
   * Unique id of the slot, which the access log repeats.
   */
  'slot'?: (string);
  'tenant'?: (string);
  /**
   * Whether this is a GET stream; otherwise it is a request.
   */
  'stream'?: (boolean);
  /**
   * Most slots that the tenant may hold: its maxConcurrent, or its maxStreams for a stream.
   */
  'limit'?: (number);
}
