// Original file: protos/envoy/config/core/v3/address.proto

// Original file: protos/envoy/config/core/v3/address.proto

export const _envoy_config_core_v3_SocketAddress_Protocol = {
  TCP: 'TCP',
  UDP: 'UDP',
} as const;

export type _envoy_config_core_v3_SocketAddress_Protocol =
  | 'TCP'
  | 0
  | 'UDP'
  | 1

export type _envoy_config_core_v3_SocketAddress_Protocol__Output = typeof _envoy_config_core_v3_SocketAddress_Protocol[keyof typeof _envoy_config_core_v3_SocketAddress_Protocol]

export interface SocketAddress {
  'protocol'?: (_envoy_config_core_v3_SocketAddress_Protocol);
  /**
   * An IP address; a name only if the cluster resolves names.
   */
  'address'?: (string);
  'portValue'?: (number);
  'portSpecifier'?: "portValue";
}

export interface SocketAddress__Output {
  'protocol'?: (_envoy_config_core_v3_SocketAddress_Protocol__Output);
  /**
   * An IP address; a name only if the cluster resolves names.
   */
  'address'?: (string);
  'portValue'?: (number);
  'portSpecifier'?: "portValue";
}
