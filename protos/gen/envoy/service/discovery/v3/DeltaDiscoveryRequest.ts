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
   * Resources that Envoy still has after it reconnected: name to version.
   */
  'initialResourceVersions'?: ({[key: string]: string});
  /**
   * Set if this request answers a response. Rejects the response if error_detail is set, too; otherwise accepts it.
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
   * Resources that Envoy still has after it reconnected: name to version.
   */
  'initialResourceVersions': ({[key: string]: string});
  /**
   * Set if this request answers a response. Rejects the response if error_detail is set, too; otherwise accepts it.
   */
  'responseNonce'?: (string);
  'errorDetail'?: (_google_rpc_Status__Output);
}
