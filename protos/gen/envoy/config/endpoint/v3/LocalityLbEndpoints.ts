// Original file: protos/envoy/config/endpoint/v3/endpoint_components.proto

import type { LbEndpoint as _envoy_config_endpoint_v3_LbEndpoint, LbEndpoint__Output as _envoy_config_endpoint_v3_LbEndpoint__Output } from '../../../../envoy/config/endpoint/v3/LbEndpoint.ts';

export interface LocalityLbEndpoints {
  'lbEndpoints'?: (_envoy_config_endpoint_v3_LbEndpoint)[];
}

export interface LocalityLbEndpoints__Output {
  'lbEndpoints': (_envoy_config_endpoint_v3_LbEndpoint__Output)[];
}
