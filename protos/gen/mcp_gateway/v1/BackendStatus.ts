// Original file: protos/mcp_gateway/v1/policy.proto

import type { EndpointStatus as _mcp_gateway_v1_EndpointStatus, EndpointStatus__Output as _mcp_gateway_v1_EndpointStatus__Output } from '../../mcp_gateway/v1/EndpointStatus.ts';

export interface BackendStatus {
  'name'?: (string);
  /**
   * serving, starting, unhealthy or draining
   */
  'state'?: (string);
  'endpoints'?: (_mcp_gateway_v1_EndpointStatus)[];
  /**
   * Why it is not serving as it should, and what to do.
   */
  'reasons'?: (string)[];
}

export interface BackendStatus__Output {
  'name'?: (string);
  /**
   * serving, starting, unhealthy or draining
   */
  'state'?: (string);
  'endpoints': (_mcp_gateway_v1_EndpointStatus__Output)[];
  /**
   * Why it is not serving as it should, and what to do.
   */
  'reasons': (string)[];
}
