// Original file: protos/mcp_gateway/v1/policy.proto

import type { Affinity as _mcp_gateway_v1_Affinity, Affinity__Output as _mcp_gateway_v1_Affinity__Output } from '../../mcp_gateway/v1/Affinity.ts';
import type { Endpoint as _mcp_gateway_v1_Endpoint, Endpoint__Output as _mcp_gateway_v1_Endpoint__Output } from '../../mcp_gateway/v1/Endpoint.ts';

export interface Backend {
  'name'?: (string);
  'affinity'?: (_mcp_gateway_v1_Affinity);
  /**
   * Lower-case header that places sessionless requests; empty: the caller.
   */
  'affinityHeader'?: (string);
  /**
   * Tenants that may use it; all where any_tenant is set.
   */
  'tenants'?: (string)[];
  'anyTenant'?: (boolean);
  'path'?: (string);
  'draining'?: (boolean);
  'endpoints'?: (_mcp_gateway_v1_Endpoint)[];
}

export interface Backend__Output {
  'name'?: (string);
  'affinity'?: (_mcp_gateway_v1_Affinity__Output);
  /**
   * Lower-case header that places sessionless requests; empty: the caller.
   */
  'affinityHeader'?: (string);
  /**
   * Tenants that may use it; all where any_tenant is set.
   */
  'tenants': (string)[];
  'anyTenant'?: (boolean);
  'path'?: (string);
  'draining'?: (boolean);
  'endpoints': (_mcp_gateway_v1_Endpoint__Output)[];
}
