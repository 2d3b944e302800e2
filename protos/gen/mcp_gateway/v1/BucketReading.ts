// Original file: protos/mcp_gateway/v1/usage.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The newest known level of a bucket that all members of a tenant share.
 */
export interface BucketReading {
  'tenant'?: (string);
  /**
   * tenant, backend:NAME or rule:NAME
   */
  'key'?: (string);
  /**
   * Requests used, times period_ms.
   */
  'level'?: (number | string | Long);
  'periodMs'?: (number | string | Long);
  'atMs'?: (number | string | Long);
  /**
   * Whether the bucket is in Redis; otherwise it belongs to the process alone.
   */
  'shared'?: (boolean);
}

/**
 * The newest known level of a bucket that all members of a tenant share.
 */
export interface BucketReading__Output {
  'tenant'?: (string);
  /**
   * tenant, backend:NAME or rule:NAME
   */
  'key'?: (string);
  /**
   * Requests used, times period_ms.
   */
  'level'?: (number);
  'periodMs'?: (number);
  'atMs'?: (number);
  /**
   * Whether the bucket is in Redis; otherwise it belongs to the process alone.
   */
  'shared'?: (boolean);
}
