// Original file: protos/mcp_gateway/v1/policy.proto

import type { Settings as _mcp_gateway_v1_Settings, Settings__Output as _mcp_gateway_v1_Settings__Output } from '../../mcp_gateway/v1/Settings.ts';
import type { Backend as _mcp_gateway_v1_Backend, Backend__Output as _mcp_gateway_v1_Backend__Output } from '../../mcp_gateway/v1/Backend.ts';
import type { EndedSession as _mcp_gateway_v1_EndedSession, EndedSession__Output as _mcp_gateway_v1_EndedSession__Output } from '../../mcp_gateway/v1/EndedSession.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A change. The first one of a stream is a snapshot and replaces everything.
 */
export interface PolicyUpdate {
  'version'?: (number | string | Long);
  'snapshot'?: (boolean);
  /**
   * Absent where it did not change.
   */
  'settings'?: (_mcp_gateway_v1_Settings | null);
  /**
   * Whole backends that are new or changed.
   */
  'backends'?: (_mcp_gateway_v1_Backend)[];
  /**
   * Names of backends that are gone.
   */
  'removedBackends'?: (string)[];
  'endedSessions'?: (_mcp_gateway_v1_EndedSession)[];
}

/**
 * A change. The first one of a stream is a snapshot and replaces everything.
 */
export interface PolicyUpdate__Output {
  'version'?: (number);
  'snapshot'?: (boolean);
  /**
   * Absent where it did not change.
   */
  'settings'?: (_mcp_gateway_v1_Settings__Output);
  /**
   * Whole backends that are new or changed.
   */
  'backends': (_mcp_gateway_v1_Backend__Output)[];
  /**
   * Names of backends that are gone.
   */
  'removedBackends': (string)[];
  'endedSessions': (_mcp_gateway_v1_EndedSession__Output)[];
}
