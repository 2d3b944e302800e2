// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Which requests a rule applies to. An empty list matches every request.
 */
export interface Selector {
  'backends'?: (string)[];
  'tools'?: (string)[];
  'methods'?: (string)[];
}

/**
 * Which requests a rule applies to. An empty list matches every request.
 */
export interface Selector__Output {
  'backends': (string)[];
  'tools': (string)[];
  'methods': (string)[];
}
