// Original file: protos/mcp_gateway/v1/usage.proto

import type { UsageCount as _mcp_gateway_v1_UsageCount, UsageCount__Output as _mcp_gateway_v1_UsageCount__Output } from '../../mcp_gateway/v1/UsageCount.ts';
import type { Long } from '@grpc/proto-loader';

export interface UsageRow {
  'tenant'?: (string);
  /**
   * all, users, backends or tools
   */
  'kind'?: (string);
  /**
   * Empty for all.
   */
  'name'?: (string);
  /**
   * Start of the window in milliseconds since the epoch. A window has five minutes, or an hour if it is more than an hour old.
   */
  'windowMs'?: (number | string | Long);
  'count'?: (_mcp_gateway_v1_UsageCount | null);
}

export interface UsageRow__Output {
  'tenant'?: (string);
  /**
   * all, users, backends or tools
   */
  'kind'?: (string);
  /**
   * Empty for all.
   */
  'name'?: (string);
  /**
   * Start of the window in milliseconds since the epoch. A window has five minutes, or an hour if it is more than an hour old.
   */
  'windowMs'?: (number);
  'count'?: (_mcp_gateway_v1_UsageCount__Output);
}
