// Original file: protos/mcp_gateway/v1/policy.proto

import type { ItemFilters as _mcp_gateway_v1_ItemFilters, ItemFilters__Output as _mcp_gateway_v1_ItemFilters__Output } from '../../mcp_gateway/v1/ItemFilters.ts';

export interface AccessRule {
  /**
   * Empty: all backends of the tenant.
   */
  'backends'?: (string)[];
  /**
   * Empty: every member of the tenant.
   */
  'roles'?: (string)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters | null);
}

export interface AccessRule__Output {
  /**
   * Empty: all backends of the tenant.
   */
  'backends': (string)[];
  /**
   * Empty: every member of the tenant.
   */
  'roles': (string)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters__Output);
}
