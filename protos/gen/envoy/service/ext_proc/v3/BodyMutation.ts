// Original file: protos/envoy/service/ext_proc/v3/external_processor.proto

export interface BodyMutation {
  'body'?: (Buffer | Uint8Array | string);
  'mutation'?: "body";
}

export interface BodyMutation__Output {
  'body'?: (Buffer);
  'mutation'?: "body";
}
