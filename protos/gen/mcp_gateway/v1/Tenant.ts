// Original file: protos/mcp_gateway/v1/policy.proto

import type { ClaimRule as _mcp_gateway_v1_ClaimRule, ClaimRule__Output as _mcp_gateway_v1_ClaimRule__Output } from '../../mcp_gateway/v1/ClaimRule.ts';

export interface Tenant {
  'name'?: (string);
  'match'?: (_mcp_gateway_v1_ClaimRule)[];
  /**
   * Names of backends; "*" is all.
   */
  'backends'?: (string)[];
}

export interface Tenant__Output {
  'name'?: (string);
  'match': (_mcp_gateway_v1_ClaimRule__Output)[];
  /**
   * Names of backends; "*" is all.
   */
  'backends': (string)[];
}
