// Original file: protos/mcp_gateway/v1/policy.proto

import type { Selector as _mcp_gateway_v1_Selector, Selector__Output as _mcp_gateway_v1_Selector__Output } from '../../mcp_gateway/v1/Selector.ts';

export interface CostRule {
  'selector'?: (_mcp_gateway_v1_Selector | null);
  'cost'?: (number);
}

export interface CostRule__Output {
  'selector'?: (_mcp_gateway_v1_Selector__Output);
  'cost'?: (number);
}
