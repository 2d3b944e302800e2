import type { Issuer } from '../identity/issuer.ts';
import type { Endpoint } from '../registry/endpoint.ts';
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
  /** Path of the MCP endpoint at the server. */
  path: string;
  /** It was removed: its sessions go on for a while, nothing new starts. */
  draining: boolean;
  endpoints: readonly PolicyEndpoint[];
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
  /** Longest life of a session, in seconds. */
  sessionLifetimeSeconds: number;
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
