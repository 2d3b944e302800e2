import { ALGORITHMS, type Issuer } from '../../core/identity/issuer.ts';
import type { AuditLogSettings, PolicySettings, QuotaStoreSettings } from '../../core/policy/policy.ts';
import type { ClaimRule } from '../../core/tenants/claim-rule.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { AuditLog__Output } from '../../protos/gen/mcp_gateway/v1/AuditLog.ts';
import type { ClaimRule__Output, ClaimRule as ClaimRuleMessage } from '../../protos/gen/mcp_gateway/v1/ClaimRule.ts';
import type { Issuer__Output, Issuer as IssuerMessage } from '../../protos/gen/mcp_gateway/v1/Issuer.ts';
import type { QuotaStore__Output } from '../../protos/gen/mcp_gateway/v1/QuotaStore.ts';
import type { Settings, Settings__Output } from '../../protos/gen/mcp_gateway/v1/Settings.ts';
import type { Tenant__Output, Tenant as TenantMessage } from '../../protos/gen/mcp_gateway/v1/Tenant.ts';
import { filtersFromProto, filtersToProto, someOf } from './convert.ts';
import { quotaFromProto, quotaToProto } from './convert-quota.ts';

/** The settings of the policy as a message. */
export function settingsToProto(settings: PolicySettings): Settings {
  const { publicUrl, issuers, tenants, allowedHosts, allowedOrigins, scopes, audit, auditLog } = settings;
  const { quotas, sessionLifetimeSeconds } = settings;
  return {
    publicUrl,
    issuers: issuers.map(issuerToProto),
    tenants: tenants.map(tenantToProto),
    allowedHosts: [...allowedHosts],
    allowedOrigins: [...allowedOrigins],
    scopes: [...scopes],
    audit,
    auditLog,
    quotaStore: quotas,
    sessionLifetimeSeconds,
  };
}

/** The settings of the policy from a message. */
export function settingsFromProto(settings: Settings__Output): PolicySettings {
  return {
    publicUrl: settings.publicUrl ?? '',
    issuers: (settings.issuers ?? []).map(issuerFromProto),
    tenants: (settings.tenants ?? []).map(tenantFromProto),
    allowedHosts: settings.allowedHosts ?? [],
    allowedOrigins: settings.allowedOrigins ?? [],
    scopes: settings.scopes ?? [],
    audit: settings.audit === 'none' || settings.audit === 'denied' ? settings.audit : 'all',
    auditLog: auditLogFromProto(settings.auditLog),
    quotas: quotaStoreFromProto(settings.quotaStore),
    sessionLifetimeSeconds: settings.sessionLifetimeSeconds ?? 0,
  };
}

function auditLogFromProto(log: AuditLog__Output | null | undefined): AuditLogSettings {
  return {
    denyOnFailure: log?.denyOnFailure ?? false,
    maxFileBytes: Number(log?.maxFileBytes ?? 0),
    maxFiles: log?.maxFiles ?? 2,
    anonymousPerSecond: log?.anonymousPerSecond ?? 0,
  };
}

function quotaStoreFromProto(store: QuotaStore__Output | null | undefined): QuotaStoreSettings {
  return {
    redisUrl: store?.redisUrl ?? '',
    redisPasswordFile: store?.redisPasswordFile ?? '',
    redisCaFile: store?.redisCaFile ?? '',
    deadlineMs: store?.deadlineMs ?? 0,
    denyWithoutRedis: store?.denyWithoutRedis ?? false,
    processes: store?.processes ?? 1,
    gateways: store?.gateways ?? 1,
  };
}

function issuerToProto({ claims, keys, discoveryUrl = '', ...issuer }: Issuer): IssuerMessage {
  return { ...issuer, discoveryUrl, claims: { ...claims, scopes: claims.scopes ?? [] }, keysMaxAgeMs: keys.maxAge };
}

function issuerFromProto(issuer: Issuer__Output): Issuer {
  const { subject, tenant, groups, roles, scopes } = issuer.claims ?? {};
  return {
    url: issuer.url ?? '',
    ...(issuer.discoveryUrl ? { discoveryUrl: issuer.discoveryUrl } : {}),
    audiences: issuer.audiences ?? [],
    algorithms: ALGORITHMS.filter((algorithm) => issuer.algorithms?.includes(algorithm)),
    clockSkewSeconds: issuer.clockSkewSeconds ?? 0,
    scopePrefix: issuer.scopePrefix ?? '',
    keys: { maxAge: Number(issuer.keysMaxAgeMs ?? 0) },
    claims: {
      subject: subject ?? [],
      tenant: tenant ?? [],
      groups: groups ?? [],
      roles: roles ?? [],
      ...(scopes?.length ? { scopes } : {}),
    },
  };
}

function tenantToProto({ name, match, backends, roles, rules, quota }: Tenant): TenantMessage {
  return {
    name,
    match: match.map(ruleToProto),
    backends: [...backends],
    roles: roles.map((role) => ({ name: role.name, match: (role.match ?? []).map(ruleToProto) })),
    rules: rules.map((rule) => ({
      backends: [...(rule.backends ?? [])],
      roles: [...(rule.roles ?? [])],
      filters: filtersToProto(rule.filters),
    })),
    ...(quota === undefined ? {} : { quota: quotaToProto(quota) }),
  };
}

function tenantFromProto(tenant: Tenant__Output): Tenant {
  return {
    name: tenant.name ?? '',
    match: (tenant.match ?? []).map(ruleFromProto),
    backends: tenant.backends ?? [],
    roles: (tenant.roles ?? []).map(({ name = '', match }) => ({ name, match: someOf(match?.map(ruleFromProto)) })),
    rules: (tenant.rules ?? []).map(({ backends, roles, filters }) => ({
      backends: someOf(backends),
      roles: someOf(roles),
      filters: filtersFromProto(filters),
    })),
    quota: tenant.quota ? quotaFromProto(tenant.quota) : undefined,
  };
}

function ruleToProto({ issuer = '', claim, values }: ClaimRule): ClaimRuleMessage {
  return { issuer, values: [...values], ...(typeof claim === 'string' ? { named: claim } : { claim: [...claim] }) };
}

function ruleFromProto({ issuer, claim = [], named, values = [] }: ClaimRule__Output): ClaimRule {
  const known = (['tenant', 'groups', 'roles'] as const).find((name) => name === named);
  return { issuer: issuer || undefined, claim: known ?? claim, values };
}
