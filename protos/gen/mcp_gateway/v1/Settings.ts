// Original file: protos/mcp_gateway/v1/policy.proto

import type { Issuer as _mcp_gateway_v1_Issuer, Issuer__Output as _mcp_gateway_v1_Issuer__Output } from '../../mcp_gateway/v1/Issuer.ts';
import type { Tenant as _mcp_gateway_v1_Tenant, Tenant__Output as _mcp_gateway_v1_Tenant__Output } from '../../mcp_gateway/v1/Tenant.ts';

export interface Settings {
  'publicUrl'?: (string);
  'issuers'?: (_mcp_gateway_v1_Issuer)[];
  'tenants'?: (_mcp_gateway_v1_Tenant)[];
  'allowedHosts'?: (string)[];
  'allowedOrigins'?: (string)[];
  'sessionLifetimeSeconds'?: (number);
}

export interface Settings__Output {
  'publicUrl'?: (string);
  'issuers': (_mcp_gateway_v1_Issuer__Output)[];
  'tenants': (_mcp_gateway_v1_Tenant__Output)[];
  'allowedHosts': (string)[];
  'allowedOrigins': (string)[];
  'sessionLifetimeSeconds'?: (number);
}
