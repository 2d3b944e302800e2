// Original file: protos/mcp_gateway/v1/slots.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcquireRequest as _mcp_gateway_v1_AcquireRequest, AcquireRequest__Output as _mcp_gateway_v1_AcquireRequest__Output } from '../../mcp_gateway/v1/AcquireRequest.ts';
import type { AcquireResponse as _mcp_gateway_v1_AcquireResponse, AcquireResponse__Output as _mcp_gateway_v1_AcquireResponse__Output } from '../../mcp_gateway/v1/AcquireResponse.ts';
import type { ReleaseRequest as _mcp_gateway_v1_ReleaseRequest, ReleaseRequest__Output as _mcp_gateway_v1_ReleaseRequest__Output } from '../../mcp_gateway/v1/ReleaseRequest.ts';
import type { ReleaseResponse as _mcp_gateway_v1_ReleaseResponse, ReleaseResponse__Output as _mcp_gateway_v1_ReleaseResponse__Output } from '../../mcp_gateway/v1/ReleaseResponse.ts';

export interface SlotServiceClient extends grpc.Client {
  /**
   * Takes a slot. If all are taken, waits for one for a moment. Envoy's access log releases it when the request ends.
   */
  Acquire(argument: _mcp_gateway_v1_AcquireRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _mcp_gateway_v1_AcquireRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _mcp_gateway_v1_AcquireRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _mcp_gateway_v1_AcquireRequest, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes a slot. If all are taken, waits for one for a moment. Envoy's access log releases it when the request ends.
   */
  acquire(argument: _mcp_gateway_v1_AcquireRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _mcp_gateway_v1_AcquireRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _mcp_gateway_v1_AcquireRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _mcp_gateway_v1_AcquireRequest, callback: grpc.requestCallback<_mcp_gateway_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;

  /**
   * Releases the slot of a request that was not forwarded after all.
   */
  Release(argument: _mcp_gateway_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _mcp_gateway_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _mcp_gateway_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _mcp_gateway_v1_ReleaseRequest, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Releases the slot of a request that was not forwarded after all.
   */
  release(argument: _mcp_gateway_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _mcp_gateway_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _mcp_gateway_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _mcp_gateway_v1_ReleaseRequest, callback: grpc.requestCallback<_mcp_gateway_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;

}

export interface SlotServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Takes a slot. If all are taken, waits for one for a moment. Envoy's access log releases it when the request ends.
   */
  Acquire: grpc.handleUnaryCall<_mcp_gateway_v1_AcquireRequest__Output, _mcp_gateway_v1_AcquireResponse>;

  /**
   * Releases the slot of a request that was not forwarded after all.
   */
  Release: grpc.handleUnaryCall<_mcp_gateway_v1_ReleaseRequest__Output, _mcp_gateway_v1_ReleaseResponse>;

}

export interface SlotServiceDefinition extends grpc.ServiceDefinition {
  Acquire: MethodDefinition<_mcp_gateway_v1_AcquireRequest, _mcp_gateway_v1_AcquireResponse, _mcp_gateway_v1_AcquireRequest__Output, _mcp_gateway_v1_AcquireResponse__Output>
  Release: MethodDefinition<_mcp_gateway_v1_ReleaseRequest, _mcp_gateway_v1_ReleaseResponse, _mcp_gateway_v1_ReleaseRequest__Output, _mcp_gateway_v1_ReleaseResponse__Output>
}
