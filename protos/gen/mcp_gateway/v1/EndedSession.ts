// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

export interface EndedSession {
  /**
   * The session's fingerprint: 32 hex digits that say nothing about it.
   */
  'fingerprint'?: (string);
  /**
   * Seconds since the epoch from which it may be forgotten.
   */
  'forgetAtSeconds'?: (number | string | Long);
}

export interface EndedSession__Output {
  /**
   * The session's fingerprint: 32 hex digits that say nothing about it.
   */
  'fingerprint'?: (string);
  /**
   * Seconds since the epoch from which it may be forgotten.
   */
  'forgetAtSeconds'?: (number);
}
