// Original file: protos/mcp_gateway/v1/policy.proto

import type { NameFilter as _mcp_gateway_v1_NameFilter, NameFilter__Output as _mcp_gateway_v1_NameFilter__Output } from '../../mcp_gateway/v1/NameFilter.ts';

export interface ItemFilters {
  'tools'?: (_mcp_gateway_v1_NameFilter | null);
  'prompts'?: (_mcp_gateway_v1_NameFilter | null);
  'resources'?: (_mcp_gateway_v1_NameFilter | null);
}

export interface ItemFilters__Output {
  'tools'?: (_mcp_gateway_v1_NameFilter__Output);
  'prompts'?: (_mcp_gateway_v1_NameFilter__Output);
  'resources'?: (_mcp_gateway_v1_NameFilter__Output);
}
