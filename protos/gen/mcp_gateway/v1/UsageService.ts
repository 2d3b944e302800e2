// Original file: protos/mcp_gateway/v1/usage.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetQuotaRequest as _mcp_gateway_v1_GetQuotaRequest, GetQuotaRequest__Output as _mcp_gateway_v1_GetQuotaRequest__Output } from '../../mcp_gateway/v1/GetQuotaRequest.ts';
import type { GetQuotaResponse as _mcp_gateway_v1_GetQuotaResponse, GetQuotaResponse__Output as _mcp_gateway_v1_GetQuotaResponse__Output } from '../../mcp_gateway/v1/GetQuotaResponse.ts';
import type { UsageReceipt as _mcp_gateway_v1_UsageReceipt, UsageReceipt__Output as _mcp_gateway_v1_UsageReceipt__Output } from '../../mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport as _mcp_gateway_v1_UsageReport, UsageReport__Output as _mcp_gateway_v1_UsageReport__Output } from '../../mcp_gateway/v1/UsageReport.ts';

export interface UsageServiceClient extends grpc.Client {
  /**
   * Returns the quota of a tenant that is in force, what is left of it and who uses it, for display.
   */
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Returns the quota of a tenant that is in force, what is left of it and who uses it, for display.
   */
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;

  /**
   * Reports what a process counted since its last report. A report that was not answered is sent again unchanged.
   */
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  /**
   * Reports what a process counted since its last report. A report that was not answered is sent again unchanged.
   */
  reportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;

}

export interface UsageServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Returns the quota of a tenant that is in force, what is left of it and who uses it, for display.
   */
  GetQuota: grpc.handleUnaryCall<_mcp_gateway_v1_GetQuotaRequest__Output, _mcp_gateway_v1_GetQuotaResponse>;

  /**
   * Reports what a process counted since its last report. A report that was not answered is sent again unchanged.
   */
  ReportUsage: grpc.handleUnaryCall<_mcp_gateway_v1_UsageReport__Output, _mcp_gateway_v1_UsageReceipt>;

}

export interface UsageServiceDefinition extends grpc.ServiceDefinition {
  GetQuota: MethodDefinition<_mcp_gateway_v1_GetQuotaRequest, _mcp_gateway_v1_GetQuotaResponse, _mcp_gateway_v1_GetQuotaRequest__Output, _mcp_gateway_v1_GetQuotaResponse__Output>
  ReportUsage: MethodDefinition<_mcp_gateway_v1_UsageReport, _mcp_gateway_v1_UsageReceipt, _mcp_gateway_v1_UsageReport__Output, _mcp_gateway_v1_UsageReceipt__Output>
}
