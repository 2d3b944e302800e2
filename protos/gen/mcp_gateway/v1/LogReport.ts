// Original file: protos/mcp_gateway/v1/status.proto

import type { LogState as _mcp_gateway_v1_LogState, LogState__Output as _mcp_gateway_v1_LogState__Output } from '../../mcp_gateway/v1/LogState.ts';

export interface LogReport {
  'process'?: (string);
  'logs'?: (_mcp_gateway_v1_LogState)[];
}

export interface LogReport__Output {
  'process'?: (string);
  'logs': (_mcp_gateway_v1_LogState__Output)[];
}
