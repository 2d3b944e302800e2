// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Empty lists are no condition.
 */
export interface Selector {
  'backends'?: (string)[];
  'tools'?: (string)[];
  'methods'?: (string)[];
}

/**
 * Empty lists are no condition.
 */
export interface Selector__Output {
  'backends': (string)[];
  'tools': (string)[];
  'methods': (string)[];
}
