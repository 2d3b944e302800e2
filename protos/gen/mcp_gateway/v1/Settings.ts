// Original file: protos/mcp_gateway/v1/policy.proto

import type { Issuer as _mcp_gateway_v1_Issuer, Issuer__Output as _mcp_gateway_v1_Issuer__Output } from '../../mcp_gateway/v1/Issuer.ts';
import type { Tenant as _mcp_gateway_v1_Tenant, Tenant__Output as _mcp_gateway_v1_Tenant__Output } from '../../mcp_gateway/v1/Tenant.ts';
import type { QuotaStore as _mcp_gateway_v1_QuotaStore, QuotaStore__Output as _mcp_gateway_v1_QuotaStore__Output } from '../../mcp_gateway/v1/QuotaStore.ts';
import type { AuditLog as _mcp_gateway_v1_AuditLog, AuditLog__Output as _mcp_gateway_v1_AuditLog__Output } from '../../mcp_gateway/v1/AuditLog.ts';

export interface Settings {
  'publicUrl'?: (string);
  'issuers'?: (_mcp_gateway_v1_Issuer)[];
  'tenants'?: (_mcp_gateway_v1_Tenant)[];
  'allowedHosts'?: (string)[];
  'allowedOrigins'?: (string)[];
  'sessionLifetimeSeconds'?: (number);
  'scopes'?: (string)[];
  /**
   * Which decisions go to the audit log: all, denied or none.
   */
  'audit'?: (string);
  'quotaStore'?: (_mcp_gateway_v1_QuotaStore | null);
  'auditLog'?: (_mcp_gateway_v1_AuditLog | null);
}

export interface Settings__Output {
  'publicUrl'?: (string);
  'issuers': (_mcp_gateway_v1_Issuer__Output)[];
  'tenants': (_mcp_gateway_v1_Tenant__Output)[];
  'allowedHosts': (string)[];
  'allowedOrigins': (string)[];
  'sessionLifetimeSeconds'?: (number);
  'scopes': (string)[];
  /**
   * Which decisions go to the audit log: all, denied or none.
   */
  'audit'?: (string);
  'quotaStore'?: (_mcp_gateway_v1_QuotaStore__Output);
  'auditLog'?: (_mcp_gateway_v1_AuditLog__Output);
}
