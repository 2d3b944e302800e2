// Original file: protos/mcp_gateway/v1/policy.proto

import type { Settings as _mcp_gateway_v1_Settings, Settings__Output as _mcp_gateway_v1_Settings__Output } from '../../mcp_gateway/v1/Settings.ts';
import type { Backend as _mcp_gateway_v1_Backend, Backend__Output as _mcp_gateway_v1_Backend__Output } from '../../mcp_gateway/v1/Backend.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A change of the policy. A stream begins with the sessions that were ended, in any number of updates; then comes a snapshot, which
 * replaces everything but these; then changes.
 */
export interface PolicyUpdate {
  /**
   * 0 for an update that is not acknowledged, which has nothing but ended sessions.
   */
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
  /**
   * Any number of records as in EndSessionRequest. They are added to those before.
   */
  'endedSessions'?: (Buffer | Uint8Array | string);
}

/**
 * A change of the policy. A stream begins with the sessions that were ended, in any number of updates; then comes a snapshot, which
 * replaces everything but these; then changes.
 */
export interface PolicyUpdate__Output {
  /**
   * 0 for an update that is not acknowledged, which has nothing but ended sessions.
   */
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
  /**
   * Any number of records as in EndSessionRequest. They are added to those before.
   */
  'endedSessions'?: (Buffer);
}
