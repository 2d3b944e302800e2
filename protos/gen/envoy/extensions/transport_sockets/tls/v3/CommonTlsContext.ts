// Original file: protos/envoy/extensions/transport_sockets/tls/v3/tls.proto

import type { CertificateValidationContext as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext, CertificateValidationContext__Output as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext__Output } from '../../../../../envoy/extensions/transport_sockets/tls/v3/CertificateValidationContext.ts';

export interface CommonTlsContext {
  'validationContext'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext | null);
  'alpnProtocols'?: (string)[];
  'validationContextType'?: "validationContext";
}

export interface CommonTlsContext__Output {
  'validationContext'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext__Output);
  'alpnProtocols': (string)[];
  'validationContextType'?: "validationContext";
}
