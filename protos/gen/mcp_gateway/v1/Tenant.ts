// Original file: protos/mcp_gateway/v1/policy.proto

import type { ClaimRule as _mcp_gateway_v1_ClaimRule, ClaimRule__Output as _mcp_gateway_v1_ClaimRule__Output } from '../../mcp_gateway/v1/ClaimRule.ts';
import type { TenantRole as _mcp_gateway_v1_TenantRole, TenantRole__Output as _mcp_gateway_v1_TenantRole__Output } from '../../mcp_gateway/v1/TenantRole.ts';
import type { AccessRule as _mcp_gateway_v1_AccessRule, AccessRule__Output as _mcp_gateway_v1_AccessRule__Output } from '../../mcp_gateway/v1/AccessRule.ts';
import type { Quota as _mcp_gateway_v1_Quota, Quota__Output as _mcp_gateway_v1_Quota__Output } from '../../mcp_gateway/v1/Quota.ts';

export interface Tenant {
  'name'?: (string);
  'match'?: (_mcp_gateway_v1_ClaimRule)[];
  /**
   * Names of backends; "*" means all.
   */
  'backends'?: (string)[];
  'roles'?: (_mcp_gateway_v1_TenantRole)[];
  'rules'?: (_mcp_gateway_v1_AccessRule)[];
  /**
   * Absent: unlimited.
   */
  'quota'?: (_mcp_gateway_v1_Quota | null);
}

export interface Tenant__Output {
  'name'?: (string);
  'match': (_mcp_gateway_v1_ClaimRule__Output)[];
  /**
   * Names of backends; "*" means all.
   */
  'backends': (string)[];
  'roles': (_mcp_gateway_v1_TenantRole__Output)[];
  'rules': (_mcp_gateway_v1_AccessRule__Output)[];
  /**
   * Absent: unlimited.
   */
  'quota'?: (_mcp_gateway_v1_Quota__Output);
}
