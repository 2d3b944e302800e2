// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The newest answer of a bucket that all members of a tenant share.
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
   * From Redis; else the process has a bucket of its own.
   */
  'shared'?: (boolean);
}

/**
 * The newest answer of a bucket that all members of a tenant share.
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
   * From Redis; else the process has a bucket of its own.
   */
  'shared'?: (boolean);
}
