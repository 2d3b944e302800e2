// Original file: protos/mcp_gateway/v1/policy.proto

import type { ClaimRule as _mcp_gateway_v1_ClaimRule, ClaimRule__Output as _mcp_gateway_v1_ClaimRule__Output } from '../../mcp_gateway/v1/ClaimRule.ts';

export interface TenantRole {
  'name'?: (string);
  /**
   * Empty: held by callers whose token names the role.
   */
  'match'?: (_mcp_gateway_v1_ClaimRule)[];
}

export interface TenantRole__Output {
  'name'?: (string);
  /**
   * Empty: held by callers whose token names the role.
   */
  'match': (_mcp_gateway_v1_ClaimRule__Output)[];
}
