// Original file: protos/mcp_gateway/v1/status.proto

import type { Long } from '@grpc/proto-loader';

export interface LogState {
  /**
   * audit or process
   */
  'log'?: (string);
  /**
   * Lines that were lost since the start of the process.
   */
  'lost'?: (number | string | Long);
  /**
   * Why the last write failed; empty if it succeeded.
   */
  'failure'?: (string);
}

export interface LogState__Output {
  /**
   * audit or process
   */
  'log'?: (string);
  /**
   * Lines that were lost since the start of the process.
   */
  'lost'?: (number);
  /**
   * Why the last write failed; empty if it succeeded.
   */
  'failure'?: (string);
}
