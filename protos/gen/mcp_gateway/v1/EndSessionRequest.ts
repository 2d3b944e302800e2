// Original file: protos/mcp_gateway/v1/policy.proto

import type { EndedSession as _mcp_gateway_v1_EndedSession, EndedSession__Output as _mcp_gateway_v1_EndedSession__Output } from '../../mcp_gateway/v1/EndedSession.ts';

export interface EndSessionRequest {
  'session'?: (_mcp_gateway_v1_EndedSession | null);
}

export interface EndSessionRequest__Output {
  'session'?: (_mcp_gateway_v1_EndedSession__Output);
}
