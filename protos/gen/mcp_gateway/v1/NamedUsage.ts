// Original file: protos/mcp_gateway/v1/usage.proto

import type { UsageCount as _mcp_gateway_v1_UsageCount, UsageCount__Output as _mcp_gateway_v1_UsageCount__Output } from '../../mcp_gateway/v1/UsageCount.ts';

export interface NamedUsage {
  'name'?: (string);
  'count'?: (_mcp_gateway_v1_UsageCount | null);
}

export interface NamedUsage__Output {
  'name'?: (string);
  'count'?: (_mcp_gateway_v1_UsageCount__Output);
}
