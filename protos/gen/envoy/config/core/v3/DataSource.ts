// Original file: protos/envoy/config/core/v3/base.proto

export interface DataSource {
  'filename'?: (string);
  'inlineBytes'?: (Buffer | Uint8Array | string);
  'inlineString'?: (string);
  'specifier'?: "filename"|"inlineBytes"|"inlineString";
}

export interface DataSource__Output {
  'filename'?: (string);
  'inlineBytes'?: (Buffer);
  'inlineString'?: (string);
  'specifier'?: "filename"|"inlineBytes"|"inlineString";
}
