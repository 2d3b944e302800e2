// Original file: protos/mcp_gateway/v1/usage.proto

import type { Long } from '@grpc/proto-loader';

export interface UsageCount {
  /**
   * Requests that were allowed.
   */
  'requests'?: (number | string | Long);
  'cost'?: (number | string | Long);
  'denied'?: (number | string | Long);
  /**
   * Of the allowed requests: how many would have been denied without dry_run.
   */
  'wouldDeny'?: (number | string | Long);
}

export interface UsageCount__Output {
  /**
   * Requests that were allowed.
   */
  'requests'?: (number);
  'cost'?: (number);
  'denied'?: (number);
  /**
   * Of the allowed requests: how many would have been denied without dry_run.
   */
  'wouldDeny'?: (number);
}
