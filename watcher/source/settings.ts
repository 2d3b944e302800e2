import { resolve } from 'node:path';
import type { GatewaySettings } from '../../core/config/gateway.ts';
import { withIssuers } from '../../core/config/issuers.ts';
import { type Issuer, isLoopback, issuerSchema } from '../../core/identity/issuer.ts';
import type { AuditLogSettings, PolicySettings, QuotaStoreSettings } from '../../core/policy/policy.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

const MEBIBYTE = 1 << 20;
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Facts that are known only at run time. */
export interface RunningFacts {
  /** URL of the listener; used if the configuration names no public URL. */
  listenUrl: string;
  /** URL of the development issuer; undefined if the configuration does not use it. */
  developmentIssuer: string | undefined;
  /** Folder that paths of the configuration are relative to. */
  folder: string;
  /** Number of ext-authz processes of this gateway. */
  workers: number;
}

/** The settings of the policy, from the configuration and the tenants document. */
export function toSettings(config: GatewaySettings, tenants: readonly Tenant[], facts: RunningFacts): PolicySettings {
  const publicUrl = config.publicUrl ?? facts.listenUrl;
  const { host, hostname, origin } = new URL(publicUrl);
  const local = isLoopback(hostname);
  const issuers = issuersOf(config, facts);
  return {
    publicUrl,
    issuers,
    tenants: withIssuers(tenants, issuers, facts.developmentIssuer),
    allowedHosts: [host, ...config.allowedHosts, ...(local ? LOOPBACK_HOSTS.map((name) => `${name}:*`) : [])],
    allowedOrigins: [
      origin,
      ...config.allowedOrigins,
      ...(local ? LOOPBACK_HOSTS.flatMap((name) => [`http://${name}:*`, `https://${name}:*`]) : []),
    ],
    scopes: config.scopes,
    audit: config.audit.decisions,
    auditLog: auditLog(config.audit),
    quotas: quotaStore(config, facts),
    sessionLifetimeSeconds: Math.floor(config.sessions.lifetime / 1000),
  };
}

/** {@link toSettings} that returns the same object for the same documents, because there may be very many tenants. */
export function settingsMaker(
  facts: RunningFacts,
): (config: GatewaySettings, tenants: readonly Tenant[]) => PolicySettings {
  let last: { config: GatewaySettings; tenants: readonly Tenant[]; settings: PolicySettings } | undefined;
  return (config, tenants) => {
    if (last?.config === config && last.tenants === tenants) return last.settings;
    last = { config, tenants, settings: toSettings(config, tenants, facts) };
    return last.settings;
  };
}

function auditLog(audit: GatewaySettings['audit']): AuditLogSettings {
  return {
    denyOnFailure: audit.onFailure === 'deny',
    maxFileBytes: audit.maxFileMiB * MEBIBYTE,
    maxFiles: audit.maxFiles,
    anonymousPerSecond: audit.anonymousDenialsPerSecond,
  };
}

function quotaStore({ redis, quotas }: GatewaySettings, { folder, workers }: RunningFacts): QuotaStoreSettings {
  const path = (file: string | undefined) => (file === undefined ? '' : resolve(folder, file));
  return {
    redisUrl: redis?.url ?? '',
    redisPasswordFile: path(redis?.passwordFile),
    redisCaFile: path(redis?.caFile),
    deadlineMs: quotas.deadline,
    denyWithoutRedis: quotas.whenRedisFails === 'refuse',
    processes: quotas.gateways * workers,
    gateways: quotas.gateways,
  };
}

function issuersOf(config: GatewaySettings, { developmentIssuer }: RunningFacts): Issuer[] {
  if (!config.developmentIssuer) return config.issuers;
  return developmentIssuer === undefined
    ? []
    : [issuerSchema.parse({ url: developmentIssuer, algorithms: ['RS256', 'ES256'] })];
}
