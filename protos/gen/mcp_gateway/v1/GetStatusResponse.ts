// Original file: protos/mcp_gateway/v1/status.proto

import type { BackendStatus as _mcp_gateway_v1_BackendStatus, BackendStatus__Output as _mcp_gateway_v1_BackendStatus__Output } from '../../mcp_gateway/v1/BackendStatus.ts';
import type { LogReport as _mcp_gateway_v1_LogReport, LogReport__Output as _mcp_gateway_v1_LogReport__Output } from '../../mcp_gateway/v1/LogReport.ts';

export interface GetStatusResponse {
  'backends'?: (_mcp_gateway_v1_BackendStatus)[];
  /**
   * Problems of documents that were rejected: "file:line: path: message".
   */
  'problems'?: (string)[];
  /**
   * Whether an Envoy is connected.
   */
  'envoyConnected'?: (boolean);
  /**
   * Logs with lost lines or failing writes, by process.
   */
  'logReports'?: (_mcp_gateway_v1_LogReport)[];
}

export interface GetStatusResponse__Output {
  'backends': (_mcp_gateway_v1_BackendStatus__Output)[];
  /**
   * Problems of documents that were rejected: "file:line: path: message".
   */
  'problems': (string)[];
  /**
   * Whether an Envoy is connected.
   */
  'envoyConnected'?: (boolean);
  /**
   * Logs with lost lines or failing writes, by process.
   */
  'logReports': (_mcp_gateway_v1_LogReport__Output)[];
}
