// Original file: protos/mcp_gateway/v1/policy.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EndSessionRequest as _mcp_gateway_v1_EndSessionRequest, EndSessionRequest__Output as _mcp_gateway_v1_EndSessionRequest__Output } from '../../mcp_gateway/v1/EndSessionRequest.ts';
import type { EndSessionResponse as _mcp_gateway_v1_EndSessionResponse, EndSessionResponse__Output as _mcp_gateway_v1_EndSessionResponse__Output } from '../../mcp_gateway/v1/EndSessionResponse.ts';
import type { PolicyUpdate as _mcp_gateway_v1_PolicyUpdate, PolicyUpdate__Output as _mcp_gateway_v1_PolicyUpdate__Output } from '../../mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest as _mcp_gateway_v1_SubscribeRequest, SubscribeRequest__Output as _mcp_gateway_v1_SubscribeRequest__Output } from '../../mcp_gateway/v1/SubscribeRequest.ts';

export interface PolicyServiceClient extends grpc.Client {
  /**
   * Ends a session before it expires. Answers once every subscriber that decides about requests denies those of the session; does not wait for a
   * subscriber that takes longer than a second to acknowledge.
   */
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  EndSession(argument: _mcp_gateway_v1_EndSessionRequest, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends a session before it expires. Answers once every subscriber that decides about requests denies those of the session; does not wait for a
   * subscriber that takes longer than a second to acknowledge.
   */
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;
  endSession(argument: _mcp_gateway_v1_EndSessionRequest, callback: grpc.requestCallback<_mcp_gateway_v1_EndSessionResponse__Output>): grpc.ClientUnaryCall;

  /**
   * Sends the whole policy first, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  Subscribe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  Subscribe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  /**
   * Sends the whole policy first, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  subscribe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;
  subscribe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate__Output>;

}

export interface PolicyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Ends a session before it expires. Answers once every subscriber that decides about requests denies those of the session; does not wait for a
   * subscriber that takes longer than a second to acknowledge.
   */
  EndSession: grpc.handleUnaryCall<_mcp_gateway_v1_EndSessionRequest__Output, _mcp_gateway_v1_EndSessionResponse>;

  /**
   * Sends the whole policy first, then every change. The subscriber acknowledges each update by its version, so that the
   * watcher can wait until a change is in force.
   */
  Subscribe: grpc.handleBidiStreamingCall<_mcp_gateway_v1_SubscribeRequest__Output, _mcp_gateway_v1_PolicyUpdate>;

}

export interface PolicyServiceDefinition extends grpc.ServiceDefinition {
  EndSession: MethodDefinition<_mcp_gateway_v1_EndSessionRequest, _mcp_gateway_v1_EndSessionResponse, _mcp_gateway_v1_EndSessionRequest__Output, _mcp_gateway_v1_EndSessionResponse__Output>
  Subscribe: MethodDefinition<_mcp_gateway_v1_SubscribeRequest, _mcp_gateway_v1_PolicyUpdate, _mcp_gateway_v1_SubscribeRequest__Output, _mcp_gateway_v1_PolicyUpdate__Output>
}
