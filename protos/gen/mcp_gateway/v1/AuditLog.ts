// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How the audit log is kept.
 */
export interface AuditLog {
  /**
   * While it cannot be written: whether requests are denied that would be allowed.
   */
  'denyOnFailure'?: (boolean);
  /**
   * Size from which a file is replaced; 0: never.
   */
  'maxFileBytes'?: (number | string | Long);
  /**
   * Number of files that are kept, with the current one.
   */
  'maxFiles'?: (number);
  /**
   * Lines per second for denials of callers without a verified token, for each reason and process.
   */
  'anonymousPerSecond'?: (number);
}

/**
 * How the audit log is kept.
 */
export interface AuditLog__Output {
  /**
   * While it cannot be written: whether requests are denied that would be allowed.
   */
  'denyOnFailure'?: (boolean);
  /**
   * Size from which a file is replaced; 0: never.
   */
  'maxFileBytes'?: (number);
  /**
   * Number of files that are kept, with the current one.
   */
  'maxFiles'?: (number);
  /**
   * Lines per second for denials of callers without a verified token, for each reason and process.
   */
  'anonymousPerSecond'?: (number);
}
