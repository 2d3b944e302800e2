/** Set on the route of large bodies, whose caller is checked before the body is read, and again with it. */
export const PHASE = { key: 'phase', caller: 'caller' } as const;

/**
 * What an input is for:
 * - `decides`: another value may change the decision, so whatever repeats a decision must compare it;
 * - `echoed`: it is copied into the answer, and nothing else depends on it;
 * - `recorded`: it goes to the audit log only.
 */
export type InputUse = 'decides' | 'echoed' | 'recorded';

/** One input of a decision. */
export interface Input {
  readonly use: InputUse;
  /** Which steps need it, and what for. */
  readonly why: string;
  /** Envoy shows the header only where `listen.trustedProxies` is set. */
  readonly behindProxies?: true;
}

/** The request line, the authority, and the peer. Pseudo headers are not among {@link INPUT_HEADERS}. */
export const INPUT_ATTRIBUTES = {
  method: {
    use: 'decides',
    why: 'only GET, POST and DELETE are MCP; DELETE closes a session; OPTIONS may be a preflight',
  },
  path: { use: 'decides', why: 'names the backend; its query goes to the server, and must not hold a token' },
  host: { use: 'decides', why: 'must be an allowed host, against DNS rebinding' },
  client: { use: 'recorded', why: 'address of the connection, or the one that a trusted proxy reports' },
} as const satisfies Readonly<Record<string, Input>>;

/** Every header that a decision or its record reads, by lower-case name. Envoy shows ext-authz these and {@link PLACEMENT_PREFIX}. */
export const INPUT_HEADERS = {
  authorization: { use: 'decides', why: 'the bearer token: issuer, subject, claims, audience, scopes, expiry' },
  origin: { use: 'decides', why: 'must be an allowed origin; echoed in access-control-allow-origin' },
  'access-control-request-method': { use: 'decides', why: 'its presence makes an OPTIONS request a preflight' },
  'x-tenant': { use: 'decides', why: 'chooses one of several tenants of the caller' },
  'content-type': { use: 'decides', why: 'a body must be JSON in UTF-8' },
  'content-encoding': { use: 'decides', why: 'a body must not be encoded' },
  'mcp-session-id': { use: 'decides', why: 'the sealed session: backend, tenant, principal, replica' },
  'mcp-protocol-version': { use: 'decides', why: 'the era of the message' },
  'mcp-method': { use: 'decides', why: 'must agree with the body' },
  'mcp-name': { use: 'decides', why: 'must agree with the body' },
  'x-request-id': { use: 'recorded', why: "Envoy's id of the request" },
  traceparent: { use: 'recorded', why: 'the id of the W3C trace' },
  'x-forwarded-for': { use: 'recorded', why: 'the address of the client, as Envoy found it', behindProxies: true },
} as const satisfies Readonly<Record<string, Input>>;

/**
 * An `affinityHeader` must start with this prefix (decision 013). A backend may name one such header: its value decides where a request
 * without a session is placed.
 */
export const PLACEMENT_PREFIX = 'mcp-param-';

/** What is read of the body. */
export const INPUT_BODY = {
  truncated: { use: 'decides', why: 'a body of which Envoy shows only a part is denied' },
  form: { use: 'decides', why: 'one JSON-RPC message, or a batch of legacy ones, that every parser reads alike' },
  method: { use: 'decides', why: 'the kind of request: opens a session, lists, names something, what it costs' },
  names: { use: 'decides', why: 'tools, prompts and resources: `params.name`, `uri`, `ref`, `notifications`' },
  envelope: { use: 'decides', why: '`params._meta` of 2026-07-28: the era of the message' },
  id: { use: 'echoed', why: 'the JSON-RPC id, for the error replies of the gateway and of Envoy' },
} as const satisfies Readonly<Record<string, Input>>;

/** Longest body, in bytes. Envoy answers 413 to a longer one; ext-authz never sees a part of a body. */
export const MAX_BODY_BYTES = 1_048_576;

type HeaderTable = typeof INPUT_HEADERS;

/** A header that Envoy shows to ext-authz. */
export type InputHeader = keyof HeaderTable;

/** A header that only the record of a decision reads. */
export type RecordedHeader = {
  [name in InputHeader]: HeaderTable[name]['use'] extends 'recorded' ? name : never;
}[InputHeader];

/** A header that a decision may read. */
export type DecidingHeader = Exclude<InputHeader, RecordedHeader>;

/** The headers that a decision may read, as sent. Repeated ones are joined by commas. */
export type DecidingHeaders = { readonly [name in DecidingHeader]: string | undefined };

/** What a decision may read of the headers of a request. */
export interface HeaderInputs {
  readonly headers: DecidingHeaders;
  /** The value of a header that begins with {@link PLACEMENT_PREFIX}. */
  readonly placement: (header: string) => string | undefined;
}

/** Picks what a decision may read out of the headers of a request, by lower-case name. */
export function pickInputs(sent: Readonly<Record<string, string>>): HeaderInputs {
  return {
    // Spelled out because it is several times faster than a loop; the type holds it equal to the table.
    headers: {
      authorization: sent.authorization,
      origin: sent.origin,
      'access-control-request-method': sent['access-control-request-method'],
      'x-tenant': sent['x-tenant'],
      'content-type': sent['content-type'],
      'content-encoding': sent['content-encoding'],
      'mcp-session-id': sent['mcp-session-id'],
      'mcp-protocol-version': sent['mcp-protocol-version'],
      'mcp-method': sent['mcp-method'],
      'mcp-name': sent['mcp-name'],
    },
    placement: (header) => (header.startsWith(PLACEMENT_PREFIX) ? sent[header] : undefined),
  };
}
