// Original file: protos/mcp_gateway/v1/policy.proto

import type { Settings as _mcp_gateway_v1_Settings, Settings__Output as _mcp_gateway_v1_Settings__Output } from '../../mcp_gateway/v1/Settings.ts';
import type { Backend as _mcp_gateway_v1_Backend, Backend__Output as _mcp_gateway_v1_Backend__Output } from '../../mcp_gateway/v1/Backend.ts';
import type { EndedSession as _mcp_gateway_v1_EndedSession, EndedSession__Output as _mcp_gateway_v1_EndedSession__Output } from '../../mcp_gateway/v1/EndedSession.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A change of the policy. The first update of a stream is a snapshot and replaces everything.
 */
export interface PolicyUpdate {
  'version'?: (number | string | Long);
  'snapshot'?: (boolean);
  /**
   * Absent if unchanged.
   */
  'settings'?: (_mcp_gateway_v1_Settings | null);
  /**
   * Backends that are new or changed, each one complete.
   */
  'backends'?: (_mcp_gateway_v1_Backend)[];
  /**
   * Names of backends that were removed.
   */
  'removedBackends'?: (string)[];
  'endedSessions'?: (_mcp_gateway_v1_EndedSession)[];
}

/**
 * A change of the policy. The first update of a stream is a snapshot and replaces everything.
 */
export interface PolicyUpdate__Output {
  'version'?: (number);
  'snapshot'?: (boolean);
  /**
   * Absent if unchanged.
   */
  'settings'?: (_mcp_gateway_v1_Settings__Output);
  /**
   * Backends that are new or changed, each one complete.
   */
  'backends': (_mcp_gateway_v1_Backend__Output)[];
  /**
   * Names of backends that were removed.
   */
  'removedBackends': (string)[];
  'endedSessions': (_mcp_gateway_v1_EndedSession__Output)[];
}
