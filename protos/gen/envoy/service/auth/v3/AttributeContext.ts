// Original file: protos/envoy/service/auth/v3/attribute_context.proto

import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.ts';

export interface _envoy_service_auth_v3_AttributeContext_HttpRequest {
  'id'?: (string);
  'method'?: (string);
  /**
   * Names in lower case; repeated headers are joined with commas.
   */
  'headers'?: ({[key: string]: string});
  /**
   * Including the query.
   */
  'path'?: (string);
  'host'?: (string);
  'scheme'?: (string);
  /**
   * Set because the filter has pack_as_bytes.
   */
  'rawBody'?: (Buffer | Uint8Array | string);
}

export interface _envoy_service_auth_v3_AttributeContext_HttpRequest__Output {
  'id'?: (string);
  'method'?: (string);
  /**
   * Names in lower case; repeated headers are joined with commas.
   */
  'headers': ({[key: string]: string});
  /**
   * Including the query.
   */
  'path'?: (string);
  'host'?: (string);
  'scheme'?: (string);
  /**
   * Set because the filter has pack_as_bytes.
   */
  'rawBody'?: (Buffer);
}

export interface _envoy_service_auth_v3_AttributeContext_Peer {
  'address'?: (_envoy_config_core_v3_Address | null);
}

export interface _envoy_service_auth_v3_AttributeContext_Peer__Output {
  'address'?: (_envoy_config_core_v3_Address__Output);
}

export interface _envoy_service_auth_v3_AttributeContext_Request {
  'http'?: (_envoy_service_auth_v3_AttributeContext_HttpRequest | null);
}

export interface _envoy_service_auth_v3_AttributeContext_Request__Output {
  'http'?: (_envoy_service_auth_v3_AttributeContext_HttpRequest__Output);
}

export interface AttributeContext {
  'source'?: (_envoy_service_auth_v3_AttributeContext_Peer | null);
  'request'?: (_envoy_service_auth_v3_AttributeContext_Request | null);
  /**
   * Of the route: which part of the check is wanted.
   */
  'contextExtensions'?: ({[key: string]: string});
}

export interface AttributeContext__Output {
  'source'?: (_envoy_service_auth_v3_AttributeContext_Peer__Output);
  'request'?: (_envoy_service_auth_v3_AttributeContext_Request__Output);
  /**
   * Of the route: which part of the check is wanted.
   */
  'contextExtensions': ({[key: string]: string});
}
