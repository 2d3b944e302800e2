import { LANES, type Lane, SESSION_LANES, STATELESS_LANES } from './lanes.ts';

/** A part of Envoy's configuration that reads a header of the request. `server`: it reaches the MCP server. */
export type HeaderReader = 'route match' | 'cluster' | 'ring hash' | 'pinning' | 'server';

/** A request header that an allowing decision sets. */
export interface OutputHeader {
  /** In lower case. */
  readonly name: string;
  /** Lanes in which it is set; in some only if the request or its backend calls for it. */
  readonly lanes: readonly Lane[];
  /** Readers, each with the lanes in which it looks at the header. */
  readonly readBy: { readonly [reader in HeaderReader]?: readonly Lane[] };
  /** What keeps it from the server: each lane's route, or the router once it has chosen a replica (decision 013). */
  readonly removedBy?: 'route' | 'router';
  /** A client's header of this name is removed if the decision sets none. Envoy removes all `x-mcp-*` headers when a request arrives. */
  readonly fromClients?: true;
}

const ANY_REPLICA = ['open', ...STATELESS_LANES] as const;

/** Every request header that an allowing decision sets, besides `identityHeaders` and the user header of bridges (core/registry/upstream.ts). */
export const OUTPUT_HEADERS = {
  lane: { name: 'x-mcp-lane', lanes: LANES, readBy: { 'route match': LANES }, removedBy: 'route' },
  /** Name of the backend's cluster. */
  backend: { name: 'x-mcp-backend', lanes: LANES, readBy: { cluster: LANES }, removedBy: 'route' },
  /** Path and query at the server. */
  path: { name: ':path', lanes: LANES, readBy: { server: LANES } },
  /** Any text. In the lane open there is none, so that sessions spread over all replicas. */
  affinity: {
    name: 'x-mcp-affinity',
    lanes: STATELESS_LANES,
    readBy: { 'ring hash': ANY_REPLICA },
    removedBy: 'router',
  },
  /** Base64 of `ip:port`; Envoy ignores any other form and would choose a replica freely. */
  pin: {
    name: 'x-mcp-pin',
    lanes: SESSION_LANES,
    readBy: { pinning: ['open', ...SESSION_LANES] },
    removedBy: 'route',
  },
  /** The gateway's own credential; a client's token never reaches a server. */
  credential: { name: 'authorization', lanes: LANES, readBy: { server: LANES }, fromClients: true },
  /** The server's own id of the session. */
  session: { name: 'mcp-session-id', lanes: SESSION_LANES, readBy: { server: SESSION_LANES }, fromClients: true },
} as const satisfies Readonly<Record<string, OutputHeader>>;

/** Prefix of the request headers that only the gateway may set: Envoy removes those of clients before anything reads them. */
export const RESERVED_PREFIX = 'x-mcp-';

/** What becomes of a header of the server's or Envoy's response. Each lane is in exactly one of the lists. */
export interface ResponseHeader {
  readonly name: string;
  /** The route removes it. */
  readonly removedByRoute: readonly Lane[];
  /** The route replaces it, if it is there, by the client's own session id. */
  readonly replacedByRoute: readonly Lane[];
  /** ext-proc reads it, and removes or replaces it. */
  readonly takenByExtProc: readonly Lane[];
}

/** Response headers that must not reach a client as they are. */
export const RESPONSE_HEADERS = {
  /** Envoy's pinning filter adds the replica that it chose. */
  pin: {
    name: OUTPUT_HEADERS.pin.name,
    removedByRoute: [...SESSION_LANES, ...STATELESS_LANES],
    replacedByRoute: [],
    takenByExtProc: ['open'],
  },
  /** No id of a server gets out unsealed. */
  session: {
    name: OUTPUT_HEADERS.session.name,
    removedByRoute: STATELESS_LANES,
    replacedByRoute: SESSION_LANES,
    takenByExtProc: ['open'],
  },
} as const satisfies Readonly<Record<string, ResponseHeader>>;
