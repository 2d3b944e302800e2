// Original file: protos/envoy/extensions/transport_sockets/tls/v3/tls.proto

import type { TlsCertificate as _envoy_extensions_transport_sockets_tls_v3_TlsCertificate, TlsCertificate__Output as _envoy_extensions_transport_sockets_tls_v3_TlsCertificate__Output } from '../../../../../envoy/extensions/transport_sockets/tls/v3/TlsCertificate.ts';
import type { CertificateValidationContext as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext, CertificateValidationContext__Output as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext__Output } from '../../../../../envoy/extensions/transport_sockets/tls/v3/CertificateValidationContext.ts';

export interface CommonTlsContext {
  /**
   * Client certificates, for servers that ask for one.
   */
  'tlsCertificates'?: (_envoy_extensions_transport_sockets_tls_v3_TlsCertificate)[];
  'validationContext'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext | null);
  'alpnProtocols'?: (string)[];
  'validationContextType'?: "validationContext";
}

export interface CommonTlsContext__Output {
  /**
   * Client certificates, for servers that ask for one.
   */
  'tlsCertificates': (_envoy_extensions_transport_sockets_tls_v3_TlsCertificate__Output)[];
  'validationContext'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext__Output);
  'alpnProtocols': (string)[];
  'validationContextType'?: "validationContext";
}
