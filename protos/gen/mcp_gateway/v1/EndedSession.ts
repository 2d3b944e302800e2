// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

export interface EndedSession {
  /**
   * Fingerprint of the session: 32 hex digits that reveal nothing about it.
   */
  'fingerprint'?: (string);
  /**
   * Seconds since the epoch from which the entry may be dropped.
   */
  'forgetAtSeconds'?: (number | string | Long);
}

export interface EndedSession__Output {
  /**
   * Fingerprint of the session: 32 hex digits that reveal nothing about it.
   */
  'fingerprint'?: (string);
  /**
   * Seconds since the epoch from which the entry may be dropped.
   */
  'forgetAtSeconds'?: (number);
}
