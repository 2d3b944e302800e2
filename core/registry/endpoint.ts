import { z } from 'zod';

/** One replica of a backend, as requests reach it. */
export const endpointSchema = z.strictObject({
  /**
   * Identifies the replica in sessions. Stays the same for the life of the replica, even if its address changes: `host:port` of a
   * URL, `<backend>-<number>` of a process, the name of the pod in a cluster. An endpoint of a Service that refers to no pod is
   * identified by its address.
   */
  id: z.string().min(1).max(253),
  /** `ip:port` to which Envoy connects. IPv6 addresses are in brackets. */
  address: z.string().regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'must be ip:port'),
  /**
   * Changes whenever another process takes over the id, which loses all sessions of the previous process. Empty if this cannot be
   * detected, as for a URL.
   */
  incarnation: z.string().max(128),
  /** Host header and, with TLS, server name; empty keeps the client's Host header. */
  hostname: z.string().max(261),
  /** Its sessions continue, but it gets no new ones. */
  draining: z.boolean(),
});

/** One replica of a backend. */
export type Endpoint = z.output<typeof endpointSchema>;

/** An endpoint file: the replicas of one backend, published by the process that runs them. */
export const endpointFileSchema = z.strictObject({
  backend: z.string(),
  endpoints: z.array(endpointSchema),
  /** Why there are not more replicas, for display: "replica 1 exited with status 1, next start in 3 s". */
  notes: z.array(z.string()).default([]),
});

/** Content of an endpoint file. */
export type EndpointFile = z.output<typeof endpointFileSchema>;

/** The path in an address of the form `unix:<path>`, as the gateway's own backend has; undefined for any other address. */
export function socketOf(address: string): string | undefined {
  return address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
}

/** Splits the address of an endpoint, `ip:port` or `[ip]:port`. It must not be a Unix socket. */
export function splitAddress(address: string): { ip: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { ip: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Whether two lists contain the same endpoints in the same order. */
export function sameEndpoints(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a === b || (a.length === b.length && a.every((endpoint, index) => sameEndpoint(endpoint, b[index])));
}

function sameEndpoint(a: Endpoint, b: Endpoint | undefined): boolean {
  return (
    a === b ||
    (a.id === b?.id &&
      a.address === b.address &&
      a.incarnation === b.incarnation &&
      a.hostname === b.hostname &&
      a.draining === b.draining)
  );
}
