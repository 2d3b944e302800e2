// Original file: protos/envoy/extensions/transport_sockets/tls/v3/tls.proto

import type { CommonTlsContext as _envoy_extensions_transport_sockets_tls_v3_CommonTlsContext, CommonTlsContext__Output as _envoy_extensions_transport_sockets_tls_v3_CommonTlsContext__Output } from '../../../../../envoy/extensions/transport_sockets/tls/v3/CommonTlsContext.ts';

export interface UpstreamTlsContext {
  'commonTlsContext'?: (_envoy_extensions_transport_sockets_tls_v3_CommonTlsContext | null);
  'sni'?: (string);
  /**
   * The certificate must be valid for the SNI that was sent.
   */
  'autoSniSanValidation'?: (boolean);
}

export interface UpstreamTlsContext__Output {
  'commonTlsContext'?: (_envoy_extensions_transport_sockets_tls_v3_CommonTlsContext__Output);
  'sni'?: (string);
  /**
   * The certificate must be valid for the SNI that was sent.
   */
  'autoSniSanValidation'?: (boolean);
}
