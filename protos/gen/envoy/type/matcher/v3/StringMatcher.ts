// Original file: protos/envoy/type/matcher/v3/string.proto

export interface StringMatcher {
  'exact'?: (string);
  'matchPattern'?: "exact";
}

export interface StringMatcher__Output {
  'exact'?: (string);
  'matchPattern'?: "exact";
}
