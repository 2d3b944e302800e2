import { z } from 'zod';

/** One replica of a backend that can be sent to. */
export const endpointSchema = z.strictObject({
  /**
   * What a session remembers of its replica. It stays the same while the replica lives, also when its address changes:
   * `host:port` of a URL or a process, the pod's name in a cluster.
   */
  id: z.string().min(1).max(253),
  /** `ip:port` as Envoy dials it. IPv6 addresses are in brackets. */
  address: z.string().regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'must be ip:port'),
  /**
   * Changes whenever the process behind the id was replaced, and with it everything it remembered. Sessions of another
   * incarnation are gone. Empty where nobody can know (a URL).
   */
  incarnation: z.string().max(128),
  /** Host header and, over TLS, server name; empty leaves the client's own. */
  hostname: z.string().max(261),
  /** Its sessions go on, but it gets no new ones. */
  draining: z.boolean(),
});

/** One replica of a backend. */
export type Endpoint = z.output<typeof endpointSchema>;

/** The replicas of one backend, as whoever runs them publishes them. */
export const endpointFileSchema = z.strictObject({
  backend: z.string(),
  endpoints: z.array(endpointSchema),
  /** What stands in the way of more replicas, for people: "replica 1 exited with status 1, next start in 3 s". */
  notes: z.array(z.string()).default([]),
});

/** Content of an endpoint file. */
export type EndpointFile = z.output<typeof endpointFileSchema>;

/** The path of a Unix socket, where an address is one: `unix:<path>`, for what the gateway itself brings along. */
export function socketOf(address: string): string | undefined {
  return address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
}

/** Splits `ip:port` or `[ip]:port`. The text must be an endpoint's address, and no Unix socket. */
export function splitAddress(address: string): { ip: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { ip: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Whether two lists hold the same endpoints in the same order. */
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
