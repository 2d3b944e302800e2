import type { ItemFilters } from '../access/filter.ts';
import type { ScopeRule } from '../access/scopes.ts';
import type { Issuer } from '../identity/issuer.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import type { IdentityField, UpstreamHeader } from '../registry/upstream.ts';
import type { EndedLookup } from '../session/ended-sessions.ts';
import type { Tenant } from '../tenants/tenants.ts';

/** An endpoint, as far as ext-authz and ext-proc need it. */
export type PolicyEndpoint = Pick<Endpoint, 'id' | 'address' | 'incarnation' | 'draining'>;

/** A backend, as far as ext-authz and ext-proc need it to decide about a request. */
export interface PolicyBackend {
  name: string;
  affinity: 'session' | 'none';
  /** Lower-case name of the header that places requests without a session. Default: the caller places them. */
  affinityHeader: string | undefined;
  /** Tenants that may use it. Default: every tenant whose own list names it. */
  tenants: readonly string[] | undefined;
  /** Roles of which a caller needs one. If empty, none is needed. */
  roles: readonly string[];
  scopes: readonly ScopeRule[];
  filters: ItemFilters;
  /** The gateway's own credential; `missing` if one is configured but cannot be read. */
  credential: UpstreamHeader | 'missing' | undefined;
  /** Which parts of the caller's identity the server gets, in headers. */
  identityHeaders: readonly IdentityField[];
  /** Whether a bridge is in front of the server (`transport: stdio` or `sse`), which gets the user of each request. */
  bridged: boolean;
  /** Path of the MCP endpoint at the server. */
  path: string;
  /** The backend was removed: its sessions continue for a while, and no new ones start. */
  draining: boolean;
  endpoints: readonly PolicyEndpoint[];
}

/** Where and how quotas are kept. */
export interface QuotaStoreSettings {
  /** URL of Redis. If empty, quotas are kept in the memory of each process. */
  redisUrl: string;
  /** Absolute path of the file with the password. If empty, there is none, or it is in the URL. */
  redisPasswordFile: string;
  /** Absolute path of a PEM file with the authorities for a `rediss` server. If empty, those of the system are used. */
  redisCaFile: string;
  /** Maximum wait for Redis, in milliseconds. */
  deadlineMs: number;
  /** While Redis does not answer, deny requests that have a quota. Otherwise each process gives out its share. */
  denyWithoutRedis: boolean;
  /** Number of ext-authz processes, in all gateways, that share the quotas. */
  processes: number;
  /** Number of gateways that share the slots. */
  gateways: number;
}

/** How the audit log is kept. */
export interface AuditLogSettings {
  /** While it cannot be written: whether requests are denied that would be allowed. */
  denyOnFailure: boolean;
  /** Size in bytes from which a file is replaced; 0: never. */
  maxFileBytes: number;
  /** Number of files that are kept, with the current one. */
  maxFiles: number;
  /** Lines per second for denials of callers without a verified token, for each reason and process. */
  anonymousPerSecond: number;
}

/** Settings for all backends. */
export interface PolicySettings {
  /** URL at which clients reach the gateway, without a trailing slash. */
  publicUrl: string;
  issuers: readonly Issuer[];
  tenants: readonly Tenant[];
  /** Accepted values of Host, in lower case. `*` accepts all, `name:*` any port. */
  allowedHosts: readonly string[];
  /** Accepted values of Origin, by the same rules. A request without Origin is not from a page, and passes. */
  allowedOrigins: readonly string[];
  /** Scopes that clients should request at first. */
  scopes: readonly string[];
  /** Maximum lifetime of a session, in seconds. */
  sessionLifetimeSeconds: number;
  /** Which decisions are written to the audit log. */
  audit: 'all' | 'denied' | 'none';
  auditLog: AuditLogSettings;
  quotas: QuotaStoreSettings;
}

/** The whole policy, as the watcher publishes it. It is immutable: a change makes a new one, and keeps the parts that did not change. */
export interface Policy {
  settings: PolicySettings;
  backends: ReadonlyMap<string, PolicyBackend>;
  /** Sessions that were ended. Grows without a new policy. */
  endedSessions: EndedLookup;
}

/** Path of the metadata of the protected resources. The path of a resource follows it (RFC 9728, section 3.1). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The URL of a backend, which tokens for it have as their audience (RFC 8707). */
export function backendUrl(settings: Pick<PolicySettings, 'publicUrl'>, backend: string): string {
  return `${settings.publicUrl}/${backend}/mcp`;
}
