// Original file: protos/mcp_gateway/v1/policy.proto

import type { Limit as _mcp_gateway_v1_Limit, Limit__Output as _mcp_gateway_v1_Limit__Output } from '../../mcp_gateway/v1/Limit.ts';
import type { QuotaRule as _mcp_gateway_v1_QuotaRule, QuotaRule__Output as _mcp_gateway_v1_QuotaRule__Output } from '../../mcp_gateway/v1/QuotaRule.ts';
import type { CostRule as _mcp_gateway_v1_CostRule, CostRule__Output as _mcp_gateway_v1_CostRule__Output } from '../../mcp_gateway/v1/CostRule.ts';
import type { TopUp as _mcp_gateway_v1_TopUp, TopUp__Output as _mcp_gateway_v1_TopUp__Output } from '../../mcp_gateway/v1/TopUp.ts';

/**
 * How much a tenant may use.
 */
export interface Quota {
  'tenant'?: (_mcp_gateway_v1_Limit | null);
  'user'?: (_mcp_gateway_v1_Limit | null);
  'backends'?: ({[key: string]: _mcp_gateway_v1_Limit});
  'rules'?: (_mcp_gateway_v1_QuotaRule)[];
  'costs'?: (_mcp_gateway_v1_CostRule)[];
  'free'?: (string)[];
  'dryRun'?: (boolean);
  'topUps'?: (_mcp_gateway_v1_TopUp)[];
  /**
   * Most requests and streams that may be open at the same time; 0: unlimited.
   */
  'maxConcurrent'?: (number);
  'maxStreams'?: (number);
}

/**
 * How much a tenant may use.
 */
export interface Quota__Output {
  'tenant'?: (_mcp_gateway_v1_Limit__Output);
  'user'?: (_mcp_gateway_v1_Limit__Output);
  'backends': ({[key: string]: _mcp_gateway_v1_Limit__Output});
  'rules': (_mcp_gateway_v1_QuotaRule__Output)[];
  'costs': (_mcp_gateway_v1_CostRule__Output)[];
  'free': (string)[];
  'dryRun'?: (boolean);
  'topUps': (_mcp_gateway_v1_TopUp__Output)[];
  /**
   * Most requests and streams that may be open at the same time; 0: unlimited.
   */
  'maxConcurrent'?: (number);
  'maxStreams'?: (number);
}
