// Original file: protos/envoy/config/endpoint/v3/endpoint_components.proto

import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.ts';

export interface _envoy_config_endpoint_v3_Endpoint_HealthCheckConfig {
  /**
   * Port for health checks; 0: the port of the endpoint.
   */
  'portValue'?: (number);
  /**
   * Host header of health checks of this endpoint.
   */
  'hostname'?: (string);
}

export interface _envoy_config_endpoint_v3_Endpoint_HealthCheckConfig__Output {
  /**
   * Port for health checks; 0: the port of the endpoint.
   */
  'portValue'?: (number);
  /**
   * Host header of health checks of this endpoint.
   */
  'hostname'?: (string);
}

export interface Endpoint {
  'address'?: (_envoy_config_core_v3_Address | null);
  'healthCheckConfig'?: (_envoy_config_endpoint_v3_Endpoint_HealthCheckConfig | null);
  'hostname'?: (string);
}

export interface Endpoint__Output {
  'address'?: (_envoy_config_core_v3_Address__Output);
  'healthCheckConfig'?: (_envoy_config_endpoint_v3_Endpoint_HealthCheckConfig__Output);
  'hostname'?: (string);
}
