// Original file: protos/mcp_gateway/v1/status.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetStatusRequest as _mcp_gateway_v1_GetStatusRequest, GetStatusRequest__Output as _mcp_gateway_v1_GetStatusRequest__Output } from '../../mcp_gateway/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _mcp_gateway_v1_GetStatusResponse, GetStatusResponse__Output as _mcp_gateway_v1_GetStatusResponse__Output } from '../../mcp_gateway/v1/GetStatusResponse.ts';
import type { LogReceipt as _mcp_gateway_v1_LogReceipt, LogReceipt__Output as _mcp_gateway_v1_LogReceipt__Output } from '../../mcp_gateway/v1/LogReceipt.ts';
import type { LogReport as _mcp_gateway_v1_LogReport, LogReport__Output as _mcp_gateway_v1_LogReport__Output } from '../../mcp_gateway/v1/LogReport.ts';

export interface StatusServiceClient extends grpc.Client {
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;

  /**
   * Reports the logs of a process that had failures. A report counts for a minute.
   */
  ReportLogs(argument: _mcp_gateway_v1_LogReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  ReportLogs(argument: _mcp_gateway_v1_LogReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  ReportLogs(argument: _mcp_gateway_v1_LogReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  ReportLogs(argument: _mcp_gateway_v1_LogReport, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  /**
   * Reports the logs of a process that had failures. A report counts for a minute.
   */
  reportLogs(argument: _mcp_gateway_v1_LogReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  reportLogs(argument: _mcp_gateway_v1_LogReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  reportLogs(argument: _mcp_gateway_v1_LogReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;
  reportLogs(argument: _mcp_gateway_v1_LogReport, callback: grpc.requestCallback<_mcp_gateway_v1_LogReceipt__Output>): grpc.ClientUnaryCall;

}

export interface StatusServiceHandlers extends grpc.UntypedServiceImplementation {
  GetStatus: grpc.handleUnaryCall<_mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse>;

  /**
   * Reports the logs of a process that had failures. A report counts for a minute.
   */
  ReportLogs: grpc.handleUnaryCall<_mcp_gateway_v1_LogReport__Output, _mcp_gateway_v1_LogReceipt>;

}

export interface StatusServiceDefinition extends grpc.ServiceDefinition {
  GetStatus: MethodDefinition<_mcp_gateway_v1_GetStatusRequest, _mcp_gateway_v1_GetStatusResponse, _mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse__Output>
  ReportLogs: MethodDefinition<_mcp_gateway_v1_LogReport, _mcp_gateway_v1_LogReceipt, _mcp_gateway_v1_LogReport__Output, _mcp_gateway_v1_LogReceipt__Output>
}
