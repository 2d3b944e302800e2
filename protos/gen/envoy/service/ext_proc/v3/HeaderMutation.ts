// Original file: protos/envoy/service/ext_proc/v3/external_processor.proto

import type { HeaderValueOption as _envoy_config_core_v3_HeaderValueOption, HeaderValueOption__Output as _envoy_config_core_v3_HeaderValueOption__Output } from '../../../../envoy/config/core/v3/HeaderValueOption.ts';

export interface HeaderMutation {
  /**
   * Envoy reads raw_value here and ignores value.
   */
  'setHeaders'?: (_envoy_config_core_v3_HeaderValueOption)[];
  'removeHeaders'?: (string)[];
}

export interface HeaderMutation__Output {
  /**
   * Envoy reads raw_value here and ignores value.
   */
  'setHeaders': (_envoy_config_core_v3_HeaderValueOption__Output)[];
  'removeHeaders': (string)[];
}
