// Original file: protos/mcp_gateway/v1/status.proto

import type { EndpointStatus as _mcp_gateway_v1_EndpointStatus, EndpointStatus__Output as _mcp_gateway_v1_EndpointStatus__Output } from '../../mcp_gateway/v1/EndpointStatus.ts';
import type { StatusChange as _mcp_gateway_v1_StatusChange, StatusChange__Output as _mcp_gateway_v1_StatusChange__Output } from '../../mcp_gateway/v1/StatusChange.ts';

export interface BackendStatus {
  'name'?: (string);
  /**
   * serving, starting, unhealthy or draining
   */
  'state'?: (string);
  'endpoints'?: (_mcp_gateway_v1_EndpointStatus)[];
  /**
   * Why the backend does not serve as it should, and what to do.
   */
  'reasons'?: (string)[];
  /**
   * The latest changes of its state, oldest first.
   */
  'history'?: (_mcp_gateway_v1_StatusChange)[];
}

export interface BackendStatus__Output {
  'name'?: (string);
  /**
   * serving, starting, unhealthy or draining
   */
  'state'?: (string);
  'endpoints': (_mcp_gateway_v1_EndpointStatus__Output)[];
  /**
   * Why the backend does not serve as it should, and what to do.
   */
  'reasons': (string)[];
  /**
   * The latest changes of its state, oldest first.
   */
  'history': (_mcp_gateway_v1_StatusChange__Output)[];
}
