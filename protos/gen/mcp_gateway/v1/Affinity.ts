// Original file: protos/mcp_gateway/v1/policy.proto

export const Affinity = {
  SESSION: 'SESSION',
  NONE: 'NONE',
} as const;

export type Affinity =
  | 'SESSION'
  | 0
  | 'NONE'
  | 1

export type Affinity__Output = typeof Affinity[keyof typeof Affinity]
