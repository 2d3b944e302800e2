// Original file: protos/mcp_gateway/v1/policy.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EndSessionRequest as _mcp_gateway_v1_EndSessionRequest, EndSessionRequest__Output as _mcp_gateway_v1_EndSessionRequest__Output } from '../../mcp_gateway/v1/EndSessionRequest.ts';
import type { EndSessionResponse as _mcp_gateway_v1_EndSessionResponse, EndSessionResponse__Output as _mcp_gateway_v1_EndSessionResponse__Output } from '../../mcp_gateway/v1/EndSessionResponse.ts';
import type { GetQuotaRequest as _mcp_gateway_v1_GetQuotaRequest, GetQuotaRequest__Output as _mcp_gateway_v1_GetQuotaRequest__Output } from '../../mcp_gateway/v1/GetQuotaRequest.ts';
import type { GetQuotaResponse as _mcp_gateway_v1_GetQuotaResponse, GetQuotaResponse__Output as _mcp_gateway_v1_GetQuotaResponse__Output } from '../../mcp_gateway/v1/GetQuotaResponse.ts';
import type { GetStatusRequest as _mcp_gateway_v1_GetStatusRequest, GetStatusRequest__Output as _mcp_gateway_v1_GetStatusRequest__Output } from '../../mcp_gateway/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _mcp_gateway_v1_GetStatusResponse, GetStatusResponse__Output as _mcp_gateway_v1_GetStatusResponse__Output } from '../../mcp_gateway/v1/GetStatusResponse.ts';
import type { PolicyUpdate as _mcp_gateway_v1_PolicyUpdate, PolicyUpdate__Output as _mcp_gateway_v1_PolicyUpdate__Output } from '../../mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest as _mcp_gateway_v1_SubscribeRequest, SubscribeRequest__Output as _mcp_gateway_v1_SubscribeRequest__Output } from '../../mcp_gateway/v1/SubscribeRequest.ts';
import type { UsageReceipt as _mcp_gateway_v1_UsageReceipt, UsageReceipt__Output as _mcp_gateway_v1_UsageReceipt__Output } from '../../mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport as _mcp_gateway_v1_UsageReport, UsageReport__Output as _mcp_gateway_v1_UsageReport__Output } from '../../mcp_gateway/v1/UsageReport.ts';

export interface PolicyServiceClient extends grpc.Client {
  /**
   * Ends a session before its time. Answers when every subscriber refuses it; one that does not acknowledge within a second
   * is not waited for.
   */
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends a session before its time. Answers when every subscriber refuses it; one that does not acknowledge within a second
   * is not waited for.
   */
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;

  /**
   * The quota of a tenant that is in force, what is left of it and who uses it, for people.
   */
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  GetQuota(argument: _mcp_gateway_v1_GetQuotaRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The quota of a tenant that is in force, what is left of it and who uses it, for people.
   */
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;
  getQuota(argument: _mcp_gateway_v1_GetQuotaRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetQuotaResponse__Output>): grpc.ClientUnaryCall;

  /**
   * What the backends are doing, for people.
   */
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What the backends are doing, for people.
   */
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;

  /**
   * What a process counted since its last report. A report that was not answered is sent again as it was.
   */
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  ReportUsage(argument: _mcp_gateway_v1_UsageReport, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  /**
   * What a process counted since its last report. A report that was not answered is sent again as it was.
   */
  reportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;
  reportUsage(argument: _mcp_gateway_v1_UsageReport, callback: grpc.requestCallback<_mcp_gateway_v1_UsageReceipt__Output>): grpc.ClientUnaryCall;

  /**
   * The whole policy at once, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  Subscribe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  Subscribe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  /**
   * The whole policy at once, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  subscribe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  subscribe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;

}

export interface PolicyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Ends a session before its time. Answers when every subscriber refuses it; one that does not acknowledge within a second
   * is not waited for.
   */
  EndSession: grpc.handleUnaryCall<_mcp_gateway_v1_EndSessionRequest__Output, _mcp_gateway_v1_EndSessionResponse>;

  /**
   * The quota of a tenant that is in force, what is left of it and who uses it, for people.
   */
  GetQuota: grpc.handleUnaryCall<_mcp_gateway_v1_GetQuotaRequest__Output, _mcp_gateway_v1_GetQuotaResponse>;

  /**
   * What the backends are doing, for people.
   */
  GetStatus: grpc.handleUnaryCall<_mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse>;

  /**
   * What a process counted since its last report. A report that was not answered is sent again as it was.
   */
  ReportUsage: grpc.handleUnaryCall<_mcp_gateway_v1_UsageReport__Output, _mcp_gateway_v1_UsageReceipt>;

  /**
   * The whole policy at once, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  Subscribe: grpc.handleBidiStreamingCall<_mcp_gateway_v1_SubscribeRequest__Output, _mcp_gateway_v1_PolicyUpdate>;

}

export interface PolicyServiceDefinition extends grpc.ServiceDefinition {
  EndSession: MethodDefinition<_mcp_gateway_v1_EndSessionRequest, _mcp_gateway_v1_EndSessionResponse, _mcp_gateway_v1_EndSessionRequest__Output, _mcp_gateway_v1_EndSessionResponse__Output>
  GetQuota: MethodDefinition<_mcp_gateway_v1_GetQuotaRequest, _mcp_gateway_v1_GetQuotaResponse, _mcp_gateway_v1_GetQuotaRequest__Output, _mcp_gateway_v1_GetQuotaResponse__Output>
  GetStatus: MethodDefinition<_mcp_gateway_v1_GetStatusRequest, _mcp_gateway_v1_GetStatusResponse, _mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse__Output>
  ReportUsage: MethodDefinition<_mcp_gateway_v1_UsageReport, _mcp_gateway_v1_UsageReceipt, _mcp_gateway_v1_UsageReport__Output, _mcp_gateway_v1_UsageReceipt__Output>
  Subscribe: MethodDefinition<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate, _mcp_gateway_v1_SubscribeRequest__Output, _mcp_gateway_v1_PolicyUpdate__Output>
}
