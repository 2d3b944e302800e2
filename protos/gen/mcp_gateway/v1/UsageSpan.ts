// Original file: protos/mcp_gateway/v1/usage.proto

import type { UsageCount as _mcp_gateway_v1_UsageCount, UsageCount__Output as _mcp_gateway_v1_UsageCount__Output } from '../../mcp_gateway/v1/UsageCount.ts';
import type { NamedUsage as _mcp_gateway_v1_NamedUsage, NamedUsage__Output as _mcp_gateway_v1_NamedUsage__Output } from '../../mcp_gateway/v1/NamedUsage.ts';
import type { Long } from '@grpc/proto-loader';

export interface UsageSpan {
  'sinceMs'?: (number | string | Long);
  'all'?: (_mcp_gateway_v1_UsageCount | null);
  /**
   * Those with the most requests first; denied requests count.
   */
  'users'?: (_mcp_gateway_v1_NamedUsage)[];
  'backends'?: (_mcp_gateway_v1_NamedUsage)[];
  'tools'?: (_mcp_gateway_v1_NamedUsage)[];
}

export interface UsageSpan__Output {
  'sinceMs'?: (number);
  'all'?: (_mcp_gateway_v1_UsageCount__Output);
  /**
   * Those with the most requests first; denied requests count.
   */
  'users': (_mcp_gateway_v1_NamedUsage__Output)[];
  'backends': (_mcp_gateway_v1_NamedUsage__Output)[];
  'tools': (_mcp_gateway_v1_NamedUsage__Output)[];
}
