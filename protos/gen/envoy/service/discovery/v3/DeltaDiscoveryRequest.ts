// Original file: protos/envoy/service/discovery/v3/discovery.proto

import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.ts';

export interface DeltaDiscoveryRequest {
  /**
   * Only in the first request of a stream.
   */
  'node'?: (_envoy_config_core_v3_Node | null);
  'typeUrl'?: (string);
  'resourceNamesSubscribe'?: (string)[];
  'resourceNamesUnsubscribe'?: (string)[];
  /**
   * What Envoy still holds from before a reconnect: name to version.
   */
  'initialResourceVersions'?: ({[key: string]: string});
  /**
   * Set when this acknowledges a response, and refuses it if error_detail is set too.
   */
  'responseNonce'?: (string);
  'errorDetail'?: (_google_rpc_Status | null);
}

export interface DeltaDiscoveryRequest__Output {
  /**
   * Only in the first request of a stream.
   */
  'node'?: (_envoy_config_core_v3_Node__Output);
  'typeUrl'?: (string);
  'resourceNamesSubscribe': (string)[];
  'resourceNamesUnsubscribe': (string)[];
  /**
   * What Envoy still holds from before a reconnect: name to version.
   */
  'initialResourceVersions': ({[key: string]: string});
  /**
   * Set when this acknowledges a response, and refuses it if error_detail is set too.
   */
  'responseNonce'?: (string);
  'errorDetail'?: (_google_rpc_Status__Output);
}
