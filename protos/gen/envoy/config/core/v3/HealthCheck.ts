// Original file: protos/envoy/config/core/v3/health_check.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.ts';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../google/protobuf/UInt32Value.ts';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../google/protobuf/BoolValue.ts';
import type { Int64Range as _envoy_type_v3_Int64Range, Int64Range__Output as _envoy_type_v3_Int64Range__Output } from '../../../../envoy/type/v3/Int64Range.ts';

export interface _envoy_config_core_v3_HealthCheck_HttpHealthCheck {
  /**
   * Host header; empty: the name of the cluster.
   */
  'host'?: (string);
  'path'?: (string);
  /**
   * Half-open ranges; empty: 200 only.
   */
  'expectedStatuses'?: (_envoy_type_v3_Int64Range)[];
}

export interface _envoy_config_core_v3_HealthCheck_HttpHealthCheck__Output {
  /**
   * Host header; empty: the name of the cluster.
   */
  'host'?: (string);
  'path'?: (string);
  /**
   * Half-open ranges; empty: 200 only.
   */
  'expectedStatuses': (_envoy_type_v3_Int64Range__Output)[];
}

/**
 * Without a payload, a check succeeds once a connection is established.
 */
export interface _envoy_config_core_v3_HealthCheck_TcpHealthCheck {
}

/**
 * Without a payload, a check succeeds once a connection is established.
 */
export interface _envoy_config_core_v3_HealthCheck_TcpHealthCheck__Output {
}

export interface HealthCheck {
  'timeout'?: (_google_protobuf_Duration | null);
  'interval'?: (_google_protobuf_Duration | null);
  'unhealthyThreshold'?: (_google_protobuf_UInt32Value | null);
  'healthyThreshold'?: (_google_protobuf_UInt32Value | null);
  'reuseConnection'?: (_google_protobuf_BoolValue | null);
  'httpHealthCheck'?: (_envoy_config_core_v3_HealthCheck_HttpHealthCheck | null);
  'tcpHealthCheck'?: (_envoy_config_core_v3_HealthCheck_TcpHealthCheck | null);
  'noTrafficInterval'?: (_google_protobuf_Duration | null);
  'unhealthyInterval'?: (_google_protobuf_Duration | null);
  'alwaysLogHealthCheckFailures'?: (boolean);
  'initialJitter'?: (_google_protobuf_Duration | null);
  'noTrafficHealthyInterval'?: (_google_protobuf_Duration | null);
  'healthChecker'?: "httpHealthCheck"|"tcpHealthCheck";
}

export interface HealthCheck__Output {
  'timeout'?: (_google_protobuf_Duration__Output);
  'interval'?: (_google_protobuf_Duration__Output);
  'unhealthyThreshold'?: (_google_protobuf_UInt32Value__Output);
  'healthyThreshold'?: (_google_protobuf_UInt32Value__Output);
  'reuseConnection'?: (_google_protobuf_BoolValue__Output);
  'httpHealthCheck'?: (_envoy_config_core_v3_HealthCheck_HttpHealthCheck__Output);
  'tcpHealthCheck'?: (_envoy_config_core_v3_HealthCheck_TcpHealthCheck__Output);
  'noTrafficInterval'?: (_google_protobuf_Duration__Output);
  'unhealthyInterval'?: (_google_protobuf_Duration__Output);
  'alwaysLogHealthCheckFailures'?: (boolean);
  'initialJitter'?: (_google_protobuf_Duration__Output);
  'noTrafficHealthyInterval'?: (_google_protobuf_Duration__Output);
  'healthChecker'?: "httpHealthCheck"|"tcpHealthCheck";
}
