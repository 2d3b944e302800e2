import type { ItemFilters } from '../access/filter.ts';
import type { ScopeRule } from '../access/scopes.ts';
import type { Issuer } from '../identity/issuer.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import type { IdentityField, UpstreamHeader } from '../registry/upstream.ts';
import type { Tenant } from '../tenants/tenants.ts';

/** What the two services must know of an endpoint. */
export type PolicyEndpoint = Pick<Endpoint, 'id' | 'address' | 'incarnation' | 'draining'>;

/** What the two services must know of a backend to decide about a request. */
export interface PolicyBackend {
  name: string;
  affinity: 'session' | 'none';
  /** Lower-case name of the header that places sessionless requests; undefined: the caller. */
  affinityHeader: string | undefined;
  /** Tenants that may use it; undefined: every tenant whose own list names it. */
  tenants: readonly string[] | undefined;
  /** Roles of which one is needed; empty: none is. */
  roles: readonly string[];
  scopes: readonly ScopeRule[];
  filters: ItemFilters;
  /** The gateway's own credential; `missing` where there should be one and its file gives none. */
  credential: UpstreamHeader | 'missing' | undefined;
  /** What the server is told of the caller. */
  identityHeaders: readonly IdentityField[];
  /** Path of the MCP endpoint at the server. */
  path: string;
  /** It was removed: its sessions go on for a while, nothing new starts. */
  draining: boolean;
  endpoints: readonly PolicyEndpoint[];
}

/** Where quotas are kept. */
export interface QuotaStoreSettings {
  /** Of Redis; empty: in the memory of each process. */
  redisUrl: string;
  /** Absolute path of the file with the password; empty: none, or the one in the URL. */
  redisPasswordFile: string;
  /** Absolute path of the PEM of the authorities that a `rediss` server is verified with; empty: the system's. */
  redisCaFile: string;
  /** Longest wait for Redis, in milliseconds. */
  deadlineMs: number;
  /** While Redis cannot be asked: refuse what has a quota, else let each process give out its share. */
  refuseWithoutRedis: boolean;
  /** ext-authz processes of all gateways that share the quotas. */
  processes: number;
  /** How many gateways share what may be open at once. */
  gateways: number;
}

/** What holds for all backends. */
export interface PolicySettings {
  /** Where clients reach the gateway, without a slash at the end. */
  publicUrl: string;
  issuers: readonly Issuer[];
  tenants: readonly Tenant[];
  /** Accepted values of Host, in lower case; `*` accepts all, `name:*` any port. */
  allowedHosts: readonly string[];
  /** Accepted values of Origin, by the same rules; a request without Origin is not from a browser and passes. */
  allowedOrigins: readonly string[];
  /** Scopes that clients are told to ask for at first. */
  scopes: readonly string[];
  /** Longest life of a session, in seconds. */
  sessionLifetimeSeconds: number;
  /** Which decisions are written to the audit log. */
  audit: 'all' | 'denied' | 'none';
  quotas: QuotaStoreSettings;
}

/** The whole policy, as the watcher publishes it. A value: a change makes a new one. */
export interface Policy {
  settings: PolicySettings;
  backends: ReadonlyMap<string, PolicyBackend>;
  /** Fingerprints of sessions that were ended, with the second since the epoch from which they may be forgotten. */
  endedSessions: ReadonlyMap<string, number>;
}

/** Where the metadata of the protected resources is; the path of a resource follows it (RFC 9728, section 3.1). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The URL of the resource that a token for one backend names as its audience (RFC 8707). */
export function backendUrl(settings: Pick<PolicySettings, 'publicUrl'>, backend: string): string {
  return `${settings.publicUrl}/${backend}/mcp`;
}
