// Original file: protos/envoy/service/ext_proc/v3/external_processor.proto

/**
 * A piece of the new body where the mode is FULL_DUPLEX_STREAMED; pieces need not match those that came.
 */
export interface StreamedBodyResponse {
  'body'?: (Buffer | Uint8Array | string);
  'endOfStream'?: (boolean);
}

/**
 * A piece of the new body where the mode is FULL_DUPLEX_STREAMED; pieces need not match those that came.
 */
export interface StreamedBodyResponse__Output {
  'body'?: (Buffer);
  'endOfStream'?: (boolean);
}
