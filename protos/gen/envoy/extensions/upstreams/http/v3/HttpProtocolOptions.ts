// Original file: protos/envoy/extensions/upstreams/http/v3/http_protocol_options.proto

import type { HttpProtocolOptions as _envoy_config_core_v3_HttpProtocolOptions, HttpProtocolOptions__Output as _envoy_config_core_v3_HttpProtocolOptions__Output } from '../../../../../envoy/config/core/v3/HttpProtocolOptions.ts';
import type { Http1ProtocolOptions as _envoy_config_core_v3_Http1ProtocolOptions, Http1ProtocolOptions__Output as _envoy_config_core_v3_Http1ProtocolOptions__Output } from '../../../../../envoy/config/core/v3/Http1ProtocolOptions.ts';
import type { Http2ProtocolOptions as _envoy_config_core_v3_Http2ProtocolOptions, Http2ProtocolOptions__Output as _envoy_config_core_v3_Http2ProtocolOptions__Output } from '../../../../../envoy/config/core/v3/Http2ProtocolOptions.ts';

export interface _envoy_extensions_upstreams_http_v3_HttpProtocolOptions_ExplicitHttpConfig {
  'httpProtocolOptions'?: (_envoy_config_core_v3_Http1ProtocolOptions | null);
  'http2ProtocolOptions'?: (_envoy_config_core_v3_Http2ProtocolOptions | null);
  'protocolConfig'?: "httpProtocolOptions"|"http2ProtocolOptions";
}

export interface _envoy_extensions_upstreams_http_v3_HttpProtocolOptions_ExplicitHttpConfig__Output {
  'httpProtocolOptions'?: (_envoy_config_core_v3_Http1ProtocolOptions__Output);
  'http2ProtocolOptions'?: (_envoy_config_core_v3_Http2ProtocolOptions__Output);
  'protocolConfig'?: "httpProtocolOptions"|"http2ProtocolOptions";
}

export interface HttpProtocolOptions {
  'commonHttpProtocolOptions'?: (_envoy_config_core_v3_HttpProtocolOptions | null);
  'explicitHttpConfig'?: (_envoy_extensions_upstreams_http_v3_HttpProtocolOptions_ExplicitHttpConfig | null);
  'upstreamProtocolOptions'?: "explicitHttpConfig";
}

export interface HttpProtocolOptions__Output {
  'commonHttpProtocolOptions'?: (_envoy_config_core_v3_HttpProtocolOptions__Output);
  'explicitHttpConfig'?: (_envoy_extensions_upstreams_http_v3_HttpProtocolOptions_ExplicitHttpConfig__Output);
  'upstreamProtocolOptions'?: "explicitHttpConfig";
}
