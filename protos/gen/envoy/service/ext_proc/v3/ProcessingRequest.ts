// Original file: protos/envoy/service/ext_proc/v3/external_processor.proto

import type { HttpHeaders as _envoy_service_ext_proc_v3_HttpHeaders, HttpHeaders__Output as _envoy_service_ext_proc_v3_HttpHeaders__Output } from '../../../../envoy/service/ext_proc/v3/HttpHeaders.ts';
import type { HttpBody as _envoy_service_ext_proc_v3_HttpBody, HttpBody__Output as _envoy_service_ext_proc_v3_HttpBody__Output } from '../../../../envoy/service/ext_proc/v3/HttpBody.ts';
import type { HttpTrailers as _envoy_service_ext_proc_v3_HttpTrailers, HttpTrailers__Output as _envoy_service_ext_proc_v3_HttpTrailers__Output } from '../../../../envoy/service/ext_proc/v3/HttpTrailers.ts';
import type { Metadata as _envoy_config_core_v3_Metadata, Metadata__Output as _envoy_config_core_v3_Metadata__Output } from '../../../../envoy/config/core/v3/Metadata.ts';
import type { Struct as _google_protobuf_Struct, Struct__Output as _google_protobuf_Struct__Output } from '../../../../google/protobuf/Struct.ts';

export interface ProcessingRequest {
  'requestHeaders'?: (_envoy_service_ext_proc_v3_HttpHeaders | null);
  'responseHeaders'?: (_envoy_service_ext_proc_v3_HttpHeaders | null);
  'responseBody'?: (_envoy_service_ext_proc_v3_HttpBody | null);
  'responseTrailers'?: (_envoy_service_ext_proc_v3_HttpTrailers | null);
  /**
   * Dynamic metadata in the namespaces that the filter forwards.
   */
  'metadataContext'?: (_envoy_config_core_v3_Metadata | null);
  'attributes'?: ({[key: string]: _google_protobuf_Struct});
  'request'?: "requestHeaders"|"responseHeaders"|"responseBody"|"responseTrailers";
}

export interface ProcessingRequest__Output {
  'requestHeaders'?: (_envoy_service_ext_proc_v3_HttpHeaders__Output);
  'responseHeaders'?: (_envoy_service_ext_proc_v3_HttpHeaders__Output);
  'responseBody'?: (_envoy_service_ext_proc_v3_HttpBody__Output);
  'responseTrailers'?: (_envoy_service_ext_proc_v3_HttpTrailers__Output);
  /**
   * Dynamic metadata in the namespaces that the filter forwards.
   */
  'metadataContext'?: (_envoy_config_core_v3_Metadata__Output);
  'attributes': ({[key: string]: _google_protobuf_Struct__Output});
  'request'?: "requestHeaders"|"responseHeaders"|"responseBody"|"responseTrailers";
}
