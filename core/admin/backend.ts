import { type Backend, backendSchema } from '../registry/backend.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import { ADMIN_BACKEND } from '../registry/names.ts';
import { ADMIN_ROLE, type AdminConfig } from './config.ts';

/** Where the process is that serves the gateway's own tools. */
export interface AdminAddress {
  /** A Unix socket, or an http URL. */
  at: { socket: string } | { url: string };
  /** File of the secret that only the gateway and that process know. */
  secretFile: string;
}

/**
 * The gateway's own tools as a backend like any other, under a name that nobody else can take. It is the same code that decides
 * about it: role, tenants, rules, quotas, audit. What is asked of it carries the caller's identity and the secret.
 */
export function adminBackend({ tenants }: AdminConfig, { at, secretFile }: AdminAddress): Backend {
  const bySocket = 'socket' in at;
  const backend = backendSchema.parse({
    // Stands in for the name that the schema keeps from everybody else.
    name: 'own',
    url: bySocket ? 'http://localhost/mcp' : at.url,
    affinity: 'none',
    healthCheck: { interval: '1s', timeout: '1s' },
    tenants,
    roles: [ADMIN_ROLE],
    identityHeaders: ['subject', 'issuer', 'tenant', 'roles', 'scopes'],
    upstreamAuth: { type: 'bearer', file: secretFile },
    // Switched off, it is gone at once.
    drain: '0s',
  });
  return { ...backend, name: ADMIN_BACKEND, urls: bySocket ? [] : backend.urls };
}

/** The one endpoint of a process on a Unix socket. */
export function socketEndpoint(socket: string): Endpoint {
  return { id: ADMIN_BACKEND, address: `unix:${socket}`, incarnation: '', hostname: ADMIN_BACKEND, draining: false };
}
