// Original file: protos/envoy/config/core/v3/base.proto

export interface Node {
  'id'?: (string);
  'cluster'?: (string);
}

export interface Node__Output {
  'id'?: (string);
  'cluster'?: (string);
}
