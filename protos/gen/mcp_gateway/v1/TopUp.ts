// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Extra requests until a point in time.
 */
export interface TopUp {
  'requests'?: (number);
  /**
   * Milliseconds since the epoch.
   */
  'untilMs'?: (number | string | Long);
}

/**
 * Extra requests until a point in time.
 */
export interface TopUp__Output {
  'requests'?: (number);
  /**
   * Milliseconds since the epoch.
   */
  'untilMs'?: (number);
}
