// Original file: protos/mcp_gateway/v1/policy.proto

import type { ItemFilters as _mcp_gateway_v1_ItemFilters, ItemFilters__Output as _mcp_gateway_v1_ItemFilters__Output } from '../../mcp_gateway/v1/ItemFilters.ts';

export interface AccessRule {
  /**
   * Empty: all of the tenant's.
   */
  'backends'?: (string)[];
  /**
   * Empty: everybody.
   */
  'roles'?: (string)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters | null);
}

export interface AccessRule__Output {
  /**
   * Empty: all of the tenant's.
   */
  'backends': (string)[];
  /**
   * Empty: everybody.
   */
  'roles': (string)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters__Output);
}
