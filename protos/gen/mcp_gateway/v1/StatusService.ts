// Original file: protos/mcp_gateway/v1/status.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetStatusRequest as _mcp_gateway_v1_GetStatusRequest, GetStatusRequest__Output as _mcp_gateway_v1_GetStatusRequest__Output } from '../../mcp_gateway/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _mcp_gateway_v1_GetStatusResponse, GetStatusResponse__Output as _mcp_gateway_v1_GetStatusResponse__Output } from '../../mcp_gateway/v1/GetStatusResponse.ts';

export interface StatusServiceClient extends grpc.Client {
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _mcp_gateway_v1_GetStatusRequest, callback: grpc.requestCallback<_mcp_gateway_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;

}

export interface StatusServiceHandlers extends grpc.UntypedServiceImplementation {
  GetStatus: grpc.handleUnaryCall<_mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse>;

}

export interface StatusServiceDefinition extends grpc.ServiceDefinition {
  GetStatus: MethodDefinition<_mcp_gateway_v1_GetStatusRequest, _mcp_gateway_v1_GetStatusResponse, _mcp_gateway_v1_GetStatusRequest__Output, _mcp_gateway_v1_GetStatusResponse__Output>
}
