// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

export interface UsageCount {
  /**
   * Requests that were let pass.
   */
  'requests'?: (number | string | Long);
  'cost'?: (number | string | Long);
  'refused'?: (number | string | Long);
  /**
   * Of those that were let pass: what would have been refused without dry_run.
   */
  'wouldRefuse'?: (number | string | Long);
}

export interface UsageCount__Output {
  /**
   * Requests that were let pass.
   */
  'requests'?: (number);
  'cost'?: (number);
  'refused'?: (number);
  /**
   * Of those that were let pass: what would have been refused without dry_run.
   */
  'wouldRefuse'?: (number);
}
