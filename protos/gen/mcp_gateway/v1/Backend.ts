// Original file: protos/mcp_gateway/v1/policy.proto

import type { Affinity as _mcp_gateway_v1_Affinity, Affinity__Output as _mcp_gateway_v1_Affinity__Output } from '../../mcp_gateway/v1/Affinity.ts';
import type { Endpoint as _mcp_gateway_v1_Endpoint, Endpoint__Output as _mcp_gateway_v1_Endpoint__Output } from '../../mcp_gateway/v1/Endpoint.ts';
import type { ScopeRule as _mcp_gateway_v1_ScopeRule, ScopeRule__Output as _mcp_gateway_v1_ScopeRule__Output } from '../../mcp_gateway/v1/ScopeRule.ts';
import type { ItemFilters as _mcp_gateway_v1_ItemFilters, ItemFilters__Output as _mcp_gateway_v1_ItemFilters__Output } from '../../mcp_gateway/v1/ItemFilters.ts';
import type { Credential as _mcp_gateway_v1_Credential, Credential__Output as _mcp_gateway_v1_Credential__Output } from '../../mcp_gateway/v1/Credential.ts';

export interface Backend {
  'name'?: (string);
  'affinity'?: (_mcp_gateway_v1_Affinity);
  /**
   * Lower-case name of the header that picks the replica of requests without a session; empty: the caller picks it.
   */
  'affinityHeader'?: (string);
  /**
   * Tenants that may use the backend; ignored if any_tenant is set.
   */
  'tenants'?: (string)[];
  'anyTenant'?: (boolean);
  'path'?: (string);
  'draining'?: (boolean);
  'endpoints'?: (_mcp_gateway_v1_Endpoint)[];
  'roles'?: (string)[];
  'scopes'?: (_mcp_gateway_v1_ScopeRule)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters | null);
  'credential'?: (_mcp_gateway_v1_Credential | null);
  /**
   * The backend needs a credential that could not be read.
   */
  'credentialMissing'?: (boolean);
  /**
   * Parts of the caller's identity that are sent to the server.
   */
  'identityHeaders'?: (string)[];
  /**
   * A bridge is in front of the server, and gets the user of each request.
   */
  'bridged'?: (boolean);
}

export interface Backend__Output {
  'name'?: (string);
  'affinity'?: (_mcp_gateway_v1_Affinity__Output);
  /**
   * Lower-case name of the header that picks the replica of requests without a session; empty: the caller picks it.
   */
  'affinityHeader'?: (string);
  /**
   * Tenants that may use the backend; ignored if any_tenant is set.
   */
  'tenants': (string)[];
  'anyTenant'?: (boolean);
  'path'?: (string);
  'draining'?: (boolean);
  'endpoints': (_mcp_gateway_v1_Endpoint__Output)[];
  'roles': (string)[];
  'scopes': (_mcp_gateway_v1_ScopeRule__Output)[];
  'filters'?: (_mcp_gateway_v1_ItemFilters__Output);
  'credential'?: (_mcp_gateway_v1_Credential__Output);
  /**
   * The backend needs a credential that could not be read.
   */
  'credentialMissing'?: (boolean);
  /**
   * Parts of the caller's identity that are sent to the server.
   */
  'identityHeaders': (string)[];
  /**
   * A bridge is in front of the server, and gets the user of each request.
   */
  'bridged'?: (boolean);
}
