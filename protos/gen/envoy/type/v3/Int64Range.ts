// Original file: protos/envoy/type/v3/range.proto

import type { Long } from '@grpc/proto-loader';

export interface Int64Range {
  /**
   * Inclusive.
   */
  'start'?: (number | string | Long);
  /**
   * Exclusive.
   */
  'end'?: (number | string | Long);
}

export interface Int64Range__Output {
  /**
   * Inclusive.
   */
  'start'?: (number);
  /**
   * Exclusive.
   */
  'end'?: (number);
}
