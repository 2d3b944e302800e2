// Original file: protos/mcp_gateway/v1/policy.proto

import type { Selector as _mcp_gateway_v1_Selector, Selector__Output as _mcp_gateway_v1_Selector__Output } from '../../mcp_gateway/v1/Selector.ts';
import type { Limit as _mcp_gateway_v1_Limit, Limit__Output as _mcp_gateway_v1_Limit__Output } from '../../mcp_gateway/v1/Limit.ts';

export interface QuotaRule {
  'name'?: (string);
  'selector'?: (_mcp_gateway_v1_Selector | null);
  'limit'?: (_mcp_gateway_v1_Limit | null);
  /**
   * Each user has a bucket; otherwise the tenant has one.
   */
  'eachUser'?: (boolean);
}

export interface QuotaRule__Output {
  'name'?: (string);
  'selector'?: (_mcp_gateway_v1_Selector__Output);
  'limit'?: (_mcp_gateway_v1_Limit__Output);
  /**
   * Each user has a bucket; otherwise the tenant has one.
   */
  'eachUser'?: (boolean);
}
