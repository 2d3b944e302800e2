// Original file: protos/mcp_gateway/v1/usage.proto

import type { UsageRow as _mcp_gateway_v1_UsageRow, UsageRow__Output as _mcp_gateway_v1_UsageRow__Output } from '../../mcp_gateway/v1/UsageRow.ts';
import type { BucketReading as _mcp_gateway_v1_BucketReading, BucketReading__Output as _mcp_gateway_v1_BucketReading__Output } from '../../mcp_gateway/v1/BucketReading.ts';
import type { Long } from '@grpc/proto-loader';

export interface UsageReport {
  /**
   * Process that counts. After a restart it has the same name and another incarnation.
   */
  'process'?: (string);
  'incarnation'?: (string);
  /**
   * Number of the report within its incarnation, so that no report is added twice.
   */
  'sequence'?: (number | string | Long);
  'rows'?: (_mcp_gateway_v1_UsageRow)[];
  'buckets'?: (_mcp_gateway_v1_BucketReading)[];
}

export interface UsageReport__Output {
  /**
   * Process that counts. After a restart it has the same name and another incarnation.
   */
  'process'?: (string);
  'incarnation'?: (string);
  /**
   * Number of the report within its incarnation, so that no report is added twice.
   */
  'sequence'?: (number);
  'rows': (_mcp_gateway_v1_UsageRow__Output)[];
  'buckets': (_mcp_gateway_v1_BucketReading__Output)[];
}
