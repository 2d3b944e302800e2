// Original file: protos/envoy/config/core/v3/address.proto

export interface Pipe {
  'path'?: (string);
}

export interface Pipe__Output {
  'path'?: (string);
}
