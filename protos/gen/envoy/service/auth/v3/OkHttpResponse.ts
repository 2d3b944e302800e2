// Original file: protos/envoy/service/auth/v3/external_auth.proto

import type { HeaderValueOption as _envoy_config_core_v3_HeaderValueOption, HeaderValueOption__Output as _envoy_config_core_v3_HeaderValueOption__Output } from '../../../../envoy/config/core/v3/HeaderValueOption.ts';

export interface OkHttpResponse {
  /**
   * Set on the request before it is forwarded.
   */
  'headers'?: (_envoy_config_core_v3_HeaderValueOption)[];
  'headersToRemove'?: (string)[];
  'responseHeadersToAdd'?: (_envoy_config_core_v3_HeaderValueOption)[];
}

export interface OkHttpResponse__Output {
  /**
   * Set on the request before it is forwarded.
   */
  'headers': (_envoy_config_core_v3_HeaderValueOption__Output)[];
  'headersToRemove': (string)[];
  'responseHeadersToAdd': (_envoy_config_core_v3_HeaderValueOption__Output)[];
}
