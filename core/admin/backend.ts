import { type Backend, backendSchema } from '../registry/backend.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import { ADMIN_BACKEND } from '../registry/names.ts';
import { ADMIN_ROLE, type AdminConfig } from './config.ts';

/** Address of the process that serves the admin tools. */
export interface AdminAddress {
  /** A Unix socket, or an http URL. */
  at: { socket: string } | { url: string };
  /** File of the secret that the gateway and that process share. */
  secretFile: string;
}

/**
 * The admin tools as an ordinary backend under a reserved name, so that the same code decides about it: role, tenants, rules, quotas,
 * audit. Requests to it carry the caller's identity and the secret. See decision 045.
 */
export function adminBackend({ tenants }: AdminConfig, { at, secretFile }: AdminAddress): Backend {
  const bySocket = 'socket' in at;
  const backend = backendSchema.parse({
    // Any valid name: the schema rejects the reserved one, which is set below.
    name: 'own',
    url: bySocket ? 'http://localhost/mcp' : at.url,
    affinity: 'none',
    healthCheck: { interval: '1s', timeout: '1s' },
    tenants,
    roles: [ADMIN_ROLE],
    identityHeaders: ['subject', 'issuer', 'tenant', 'roles', 'scopes'],
    upstreamAuth: { type: 'bearer', file: secretFile },
    // When the key `admin` is removed, the tools are gone immediately.
    drain: '0s',
  });
  return { ...backend, name: ADMIN_BACKEND, urls: bySocket ? [] : backend.urls };
}

/** The one endpoint of a process on a Unix socket. */
export function socketEndpoint(socket: string): Endpoint {
  return { id: ADMIN_BACKEND, address: `unix:${socket}`, incarnation: '', hostname: ADMIN_BACKEND, draining: false };
}
