// Original file: protos/envoy/type/v3/range.proto

import type { Long } from '@grpc/proto-loader';

export interface Int64Range {
  /**
   * Included.
   */
  'start'?: (number | string | Long);
  /**
   * Not included.
   */
  'end'?: (number | string | Long);
}

export interface Int64Range__Output {
  /**
   * Included.
   */
  'start'?: (number);
  /**
   * Not included.
   */
  'end'?: (number);
}
