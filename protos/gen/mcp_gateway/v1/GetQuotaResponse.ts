// Original file: protos/mcp_gateway/v1/usage.proto

import type { Quota as _mcp_gateway_v1_Quota, Quota__Output as _mcp_gateway_v1_Quota__Output } from '../../mcp_gateway/v1/Quota.ts';
import type { BucketReading as _mcp_gateway_v1_BucketReading, BucketReading__Output as _mcp_gateway_v1_BucketReading__Output } from '../../mcp_gateway/v1/BucketReading.ts';
import type { UsageSpan as _mcp_gateway_v1_UsageSpan, UsageSpan__Output as _mcp_gateway_v1_UsageSpan__Output } from '../../mcp_gateway/v1/UsageSpan.ts';

export interface GetQuotaResponse {
  /**
   * Names of all tenants.
   */
  'tenants'?: (string)[];
  /**
   * Names of all backends.
   */
  'backends'?: (string)[];
  /**
   * Absent: the tenant has no quota, or does not exist.
   */
  'quota'?: (_mcp_gateway_v1_Quota | null);
  /**
   * The newest reading that each process has of each bucket.
   */
  'buckets'?: (_mcp_gateway_v1_BucketReading)[];
  /**
   * The last hour and the last day, in this order.
   */
  'spans'?: (_mcp_gateway_v1_UsageSpan)[];
  /**
   * Whether buckets are kept in Redis.
   */
  'redis'?: (boolean);
  /**
   * Number of ext-authz processes of all gateways.
   */
  'processes'?: (number);
}

export interface GetQuotaResponse__Output {
  /**
   * Names of all tenants.
   */
  'tenants': (string)[];
  /**
   * Names of all backends.
   */
  'backends': (string)[];
  /**
   * Absent: the tenant has no quota, or does not exist.
   */
  'quota'?: (_mcp_gateway_v1_Quota__Output);
  /**
   * The newest reading that each process has of each bucket.
   */
  'buckets': (_mcp_gateway_v1_BucketReading__Output)[];
  /**
   * The last hour and the last day, in this order.
   */
  'spans': (_mcp_gateway_v1_UsageSpan__Output)[];
  /**
   * Whether buckets are kept in Redis.
   */
  'redis'?: (boolean);
  /**
   * Number of ext-authz processes of all gateways.
   */
  'processes'?: (number);
}
