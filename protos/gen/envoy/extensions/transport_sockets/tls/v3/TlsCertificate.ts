// Original file: protos/envoy/extensions/transport_sockets/tls/v3/common.proto

import type { DataSource as _envoy_config_core_v3_DataSource, DataSource__Output as _envoy_config_core_v3_DataSource__Output } from '../../../../../envoy/config/core/v3/DataSource.ts';

/**
 * A chain, leaf first, and the key of the leaf; both as PEM.
 */
export interface TlsCertificate {
  'certificateChain'?: (_envoy_config_core_v3_DataSource | null);
  'privateKey'?: (_envoy_config_core_v3_DataSource | null);
}

/**
 * A chain, leaf first, and the key of the leaf; both as PEM.
 */
export interface TlsCertificate__Output {
  'certificateChain'?: (_envoy_config_core_v3_DataSource__Output);
  'privateKey'?: (_envoy_config_core_v3_DataSource__Output);
}
