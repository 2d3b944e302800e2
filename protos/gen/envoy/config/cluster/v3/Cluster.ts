// Original file: protos/envoy/config/cluster/v3/cluster.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.ts';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../google/protobuf/UInt32Value.ts';
import type { HealthCheck as _envoy_config_core_v3_HealthCheck, HealthCheck__Output as _envoy_config_core_v3_HealthCheck__Output } from '../../../../envoy/config/core/v3/HealthCheck.ts';
import type { CircuitBreakers as _envoy_config_cluster_v3_CircuitBreakers, CircuitBreakers__Output as _envoy_config_cluster_v3_CircuitBreakers__Output } from '../../../../envoy/config/cluster/v3/CircuitBreakers.ts';
import type { TransportSocket as _envoy_config_core_v3_TransportSocket, TransportSocket__Output as _envoy_config_core_v3_TransportSocket__Output } from '../../../../envoy/config/core/v3/TransportSocket.ts';
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../google/protobuf/Any.ts';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../google/protobuf/BoolValue.ts';
import type { ConfigSource as _envoy_config_core_v3_ConfigSource, ConfigSource__Output as _envoy_config_core_v3_ConfigSource__Output } from '../../../../envoy/config/core/v3/ConfigSource.ts';
import type { UInt64Value as _google_protobuf_UInt64Value, UInt64Value__Output as _google_protobuf_UInt64Value__Output } from '../../../../google/protobuf/UInt64Value.ts';
import type { Percent as _envoy_type_v3_Percent, Percent__Output as _envoy_type_v3_Percent__Output } from '../../../../envoy/type/v3/Percent.ts';
import type { HealthStatusSet as _envoy_config_core_v3_HealthStatusSet, HealthStatusSet__Output as _envoy_config_core_v3_HealthStatusSet__Output } from '../../../../envoy/config/core/v3/HealthStatusSet.ts';
import type { Struct as _google_protobuf_Struct, Struct__Output as _google_protobuf_Struct__Output } from '../../../../google/protobuf/Struct.ts';

export interface _envoy_config_cluster_v3_Cluster_CommonLbConfig {
  'healthyPanicThreshold'?: (_envoy_type_v3_Percent | null);
  /**
   * How long health changes are merged before they take effect; unset: 1 s.
   */
  'updateMergeWindow'?: (_google_protobuf_Duration | null);
  'closeConnectionsOnHostSetChange'?: (boolean);
  'consistentHashingLbConfig'?: (_envoy_config_cluster_v3_Cluster_CommonLbConfig_ConsistentHashingLbConfig | null);
  /**
   * Health statuses in which an override, such as a pin, may select a host.
   */
  'overrideHostStatus'?: (_envoy_config_core_v3_HealthStatusSet | null);
}

export interface _envoy_config_cluster_v3_Cluster_CommonLbConfig__Output {
  'healthyPanicThreshold'?: (_envoy_type_v3_Percent__Output);
  /**
   * How long health changes are merged before they take effect; unset: 1 s.
   */
  'updateMergeWindow'?: (_google_protobuf_Duration__Output);
  'closeConnectionsOnHostSetChange'?: (boolean);
  'consistentHashingLbConfig'?: (_envoy_config_cluster_v3_Cluster_CommonLbConfig_ConsistentHashingLbConfig__Output);
  /**
   * Health statuses in which an override, such as a pin, may select a host.
   */
  'overrideHostStatus'?: (_envoy_config_core_v3_HealthStatusSet__Output);
}

export interface _envoy_config_cluster_v3_Cluster_CommonLbConfig_ConsistentHashingLbConfig {
  /**
   * Highest load of a host, in percent of the mean load; at least 100.
   */
  'hashBalanceFactor'?: (_google_protobuf_UInt32Value | null);
}

export interface _envoy_config_cluster_v3_Cluster_CommonLbConfig_ConsistentHashingLbConfig__Output {
  /**
   * Highest load of a host, in percent of the mean load; at least 100.
   */
  'hashBalanceFactor'?: (_google_protobuf_UInt32Value__Output);
}

// Original file: protos/envoy/config/cluster/v3/cluster.proto

export const _envoy_config_cluster_v3_Cluster_DiscoveryType = {
  STATIC: 'STATIC',
  EDS: 'EDS',
} as const;

export type _envoy_config_cluster_v3_Cluster_DiscoveryType =
  | 'STATIC'
  | 0
  | 'EDS'
  | 3

export type _envoy_config_cluster_v3_Cluster_DiscoveryType__Output = typeof _envoy_config_cluster_v3_Cluster_DiscoveryType[keyof typeof _envoy_config_cluster_v3_Cluster_DiscoveryType]

export interface _envoy_config_cluster_v3_Cluster_EdsClusterConfig {
  'edsConfig'?: (_envoy_config_core_v3_ConfigSource | null);
  /**
   * Name to subscribe to; empty: the name of the cluster.
   */
  'serviceName'?: (string);
}

export interface _envoy_config_cluster_v3_Cluster_EdsClusterConfig__Output {
  'edsConfig'?: (_envoy_config_core_v3_ConfigSource__Output);
  /**
   * Name to subscribe to; empty: the name of the cluster.
   */
  'serviceName'?: (string);
}

// Original file: protos/envoy/config/cluster/v3/cluster.proto

export const _envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction = {
  XX_HASH: 'XX_HASH',
  MURMUR_HASH_2: 'MURMUR_HASH_2',
} as const;

export type _envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction =
  | 'XX_HASH'
  | 0
  | 'MURMUR_HASH_2'
  | 1

export type _envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction__Output = typeof _envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction[keyof typeof _envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction]

// Original file: protos/envoy/config/cluster/v3/cluster.proto

export const _envoy_config_cluster_v3_Cluster_LbPolicy = {
  ROUND_ROBIN: 'ROUND_ROBIN',
  LEAST_REQUEST: 'LEAST_REQUEST',
  RING_HASH: 'RING_HASH',
} as const;

export type _envoy_config_cluster_v3_Cluster_LbPolicy =
  | 'ROUND_ROBIN'
  | 0
  | 'LEAST_REQUEST'
  | 1
  | 'RING_HASH'
  | 2

export type _envoy_config_cluster_v3_Cluster_LbPolicy__Output = typeof _envoy_config_cluster_v3_Cluster_LbPolicy[keyof typeof _envoy_config_cluster_v3_Cluster_LbPolicy]

export interface _envoy_config_cluster_v3_Cluster_LeastRequestLbConfig {
  'choiceCount'?: (_google_protobuf_UInt32Value | null);
}

export interface _envoy_config_cluster_v3_Cluster_LeastRequestLbConfig__Output {
  'choiceCount'?: (_google_protobuf_UInt32Value__Output);
}

export interface _envoy_config_cluster_v3_Cluster_RingHashLbConfig {
  'minimumRingSize'?: (_google_protobuf_UInt64Value | null);
  'hashFunction'?: (_envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction);
  'maximumRingSize'?: (_google_protobuf_UInt64Value | null);
}

export interface _envoy_config_cluster_v3_Cluster_RingHashLbConfig__Output {
  'minimumRingSize'?: (_google_protobuf_UInt64Value__Output);
  'hashFunction'?: (_envoy_config_cluster_v3_Cluster_RingHashLbConfig_HashFunction__Output);
  'maximumRingSize'?: (_google_protobuf_UInt64Value__Output);
}

export interface _envoy_config_cluster_v3_Cluster_TransportSocketMatch {
  'name'?: (string);
  /**
   * Compared with the metadata "envoy.transport_socket_match" of an endpoint.
   */
  'match'?: (_google_protobuf_Struct | null);
  'transportSocket'?: (_envoy_config_core_v3_TransportSocket | null);
}

export interface _envoy_config_cluster_v3_Cluster_TransportSocketMatch__Output {
  'name'?: (string);
  /**
   * Compared with the metadata "envoy.transport_socket_match" of an endpoint.
   */
  'match'?: (_google_protobuf_Struct__Output);
  'transportSocket'?: (_envoy_config_core_v3_TransportSocket__Output);
}

export interface Cluster {
  'name'?: (string);
  'type'?: (_envoy_config_cluster_v3_Cluster_DiscoveryType);
  'edsClusterConfig'?: (_envoy_config_cluster_v3_Cluster_EdsClusterConfig | null);
  'connectTimeout'?: (_google_protobuf_Duration | null);
  'perConnectionBufferLimitBytes'?: (_google_protobuf_UInt32Value | null);
  'lbPolicy'?: (_envoy_config_cluster_v3_Cluster_LbPolicy);
  'healthChecks'?: (_envoy_config_core_v3_HealthCheck)[];
  'circuitBreakers'?: (_envoy_config_cluster_v3_CircuitBreakers | null);
  'ringHashLbConfig'?: (_envoy_config_cluster_v3_Cluster_RingHashLbConfig | null);
  'transportSocket'?: (_envoy_config_core_v3_TransportSocket | null);
  'commonLbConfig'?: (_envoy_config_cluster_v3_Cluster_CommonLbConfig | null);
  /**
   * Removes a host that discovery removed; by default it keeps serving until its health checks fail.
   */
  'ignoreHealthOnHostRemoval'?: (boolean);
  'typedExtensionProtocolOptions'?: ({[key: string]: _google_protobuf_Any});
  'leastRequestLbConfig'?: (_envoy_config_cluster_v3_Cluster_LeastRequestLbConfig | null);
  /**
   * The first match is used for connections to an endpoint.
   */
  'transportSocketMatches'?: (_envoy_config_cluster_v3_Cluster_TransportSocketMatch)[];
  'waitForWarmOnInit'?: (_google_protobuf_BoolValue | null);
  'clusterDiscoveryType'?: "type";
  'lbConfig'?: "ringHashLbConfig"|"leastRequestLbConfig";
}

export interface Cluster__Output {
  'name'?: (string);
  'type'?: (_envoy_config_cluster_v3_Cluster_DiscoveryType__Output);
  'edsClusterConfig'?: (_envoy_config_cluster_v3_Cluster_EdsClusterConfig__Output);
  'connectTimeout'?: (_google_protobuf_Duration__Output);
  'perConnectionBufferLimitBytes'?: (_google_protobuf_UInt32Value__Output);
  'lbPolicy'?: (_envoy_config_cluster_v3_Cluster_LbPolicy__Output);
  'healthChecks': (_envoy_config_core_v3_HealthCheck__Output)[];
  'circuitBreakers'?: (_envoy_config_cluster_v3_CircuitBreakers__Output);
  'ringHashLbConfig'?: (_envoy_config_cluster_v3_Cluster_RingHashLbConfig__Output);
  'transportSocket'?: (_envoy_config_core_v3_TransportSocket__Output);
  'commonLbConfig'?: (_envoy_config_cluster_v3_Cluster_CommonLbConfig__Output);
  /**
   * Removes a host that discovery removed; by default it keeps serving until its health checks fail.
   */
  'ignoreHealthOnHostRemoval'?: (boolean);
  'typedExtensionProtocolOptions': ({[key: string]: _google_protobuf_Any__Output});
  'leastRequestLbConfig'?: (_envoy_config_cluster_v3_Cluster_LeastRequestLbConfig__Output);
  /**
   * The first match is used for connections to an endpoint.
   */
  'transportSocketMatches': (_envoy_config_cluster_v3_Cluster_TransportSocketMatch__Output)[];
  'waitForWarmOnInit'?: (_google_protobuf_BoolValue__Output);
  'clusterDiscoveryType'?: "type";
  'lbConfig'?: "ringHashLbConfig"|"leastRequestLbConfig";
}
