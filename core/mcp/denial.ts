/**
 * The id of a JSON-RPC request; null if it could not be read (JSON-RPC 2.0, section 5). An integer that a number cannot represent
 * exactly is a bigint, so that the client gets back the same digits.
 */
export type RequestId = string | number | bigint | null;

/** What all denials for a reason have in common. */
interface DenialRow {
  status: number;
  code: number;
  /** Names in braces are replaced by the values passed to `deny`. */
  message: string;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Every reason for which ext-authz, ext-proc or Envoy denies a request, with its HTTP status and JSON-RPC error code. -32020 to -32099
 * belong to the MCP specification and -32700 to -32600 to JSON-RPC, so the gateway's own reasons use -32000 to -32019, with -32001 for
 * sessions as in the official SDKs.
 */
export const GATEWAY_DENIALS = {
  'bad-request': { status: 400, code: -32600, message: 'Invalid request' },
  'parse-error': { status: 400, code: -32700, message: 'Parse error: the body is not valid JSON' },
  unauthenticated: { status: 401, code: -32010, message: 'Authentication required' },
  'invalid-token': { status: 401, code: -32010, message: 'The access token is not valid' },
  'forbidden-edge': { status: 403, code: -32011, message: 'Host or Origin is not allowed' },
  forbidden: { status: 403, code: -32011, message: 'Not allowed' },
  'insufficient-scope': { status: 403, code: -32018, message: 'The access token lacks a scope' },
  'no-tenant': { status: 403, code: -32011, message: 'No tenant' },
  'unknown-backend': { status: 404, code: -32012, message: 'No such MCP server' },
  'unknown-session': { status: 404, code: -32001, message: 'Session not found' },
  'method-not-allowed': { status: 405, code: -32000, message: 'Method not allowed' },
  'old-transport': {
    status: 410,
    code: -32000,
    message: 'The HTTP+SSE transport of 2024-11-05 is not supported; use Streamable HTTP',
  },
  'body-too-large': { status: 413, code: -32017, message: 'The request body is larger than 1 MiB' },
  'unsupported-media-type': { status: 415, code: -32000, message: 'Content-Type must be application/json' },
  'unreadable-answer': { status: 502, code: -32019, message: 'The response of the MCP server cannot be filtered' },
  'unreadable-charset': { status: 502, code: -32019, message: 'The response of the MCP server is not in UTF-8' },
  'lists-in-use': {
    status: 503,
    code: -32014,
    message: 'Too many large responses of MCP servers are being filtered for you',
    headers: { 'retry-after': '1' },
  },
  'invalid-server-session': {
    status: 502,
    code: -32019,
    message: 'The MCP server opened a session with an invalid id: {why}',
  },
  quota: { status: 429, code: -32013, message: 'Too many requests' },
  unavailable: { status: 503, code: -32014, message: 'The gateway is not ready' },
  'not-audited': {
    status: 503,
    code: -32014,
    message: 'The gateway cannot record requests now',
    headers: { 'retry-after': '2' },
  },
  abandoned: { status: 503, code: -32014, message: 'The client, or Envoy, has stopped waiting' },
} as const satisfies Record<string, DenialRow>;

/**
 * Reasons of the bridge in front of servers that speak stdio. If an SDK's server denies the same request, code and message
 * are the SDK's.
 */
const BRIDGE_DENIALS = {
  'missing-session': { status: 400, code: -32000, message: 'Bad Request: Mcp-Session-Id header is required' },
  'unsupported-revision': {
    status: 400,
    code: -32000,
    message: 'Bad Request: Unsupported protocol version (supported versions: {supported})',
  },
  'not-json-rpc': { status: 400, code: -32700, message: 'Parse error: the body is not a JSON-RPC message' },
  'initialize-in-batch': {
    status: 400,
    code: -32600,
    message: 'Invalid request: initialize must not be part of a batch',
  },
  'request-id-in-use': {
    status: 400,
    code: -32600,
    message: 'Invalid request: a request with this id has not been answered yet',
  },
  'unknown-event-id': { status: 400, code: -32600, message: 'Invalid request: unknown Last-Event-ID' },
  'nothing-to-resume': {
    status: 400,
    code: -32600,
    message: 'Invalid request: there is nothing after this Last-Event-ID',
  },
  'not-acceptable': { status: 406, code: -32000, message: 'Not Acceptable: Client must accept {type}' },
  'message-too-large': { status: 413, code: -32600, message: 'The message is larger than {maxBytes} bytes' },
  'server-not-started': { status: 502, code: -32603, message: 'The MCP server cannot be started: {why}' },
  'server-failed': { status: 502, code: -32603, message: 'The MCP server failed: {why}' },
  'server-timeout': { status: 504, code: -32603, message: 'The MCP server failed: {why}' },
  'sessions-in-use': {
    status: 503,
    code: -32014,
    message: 'All {maxSessions} sessions are in use',
    headers: { 'retry-after': '10' },
  },
  'user-sessions-in-use': {
    status: 429,
    code: -32013,
    message:
      'You have {held} sessions of this MCP server, and the last {free} are for others: end one, or wait until it expires',
    headers: { 'retry-after': '10' },
  },
  'server-busy': { status: 503, code: -32014, message: 'The MCP server is busy', headers: { 'retry-after': '1' } },
  'replays-in-use': {
    status: 503,
    code: -32014,
    message: 'Too many responses are being sent again',
    headers: { 'retry-after': '1' },
  },
  'bridge-draining': {
    status: 503,
    code: -32014,
    message: 'The bridge is shutting down',
    headers: { 'retry-after': '1' },
  },
} as const satisfies Record<string, DenialRow>;

/** The reasons of all processes. */
export const DENIALS = { ...GATEWAY_DENIALS, ...BRIDGE_DENIALS };

/** The reasons of ext-authz, ext-proc and Envoy, which the audit log can contain. */
export type GatewayDenialReason = keyof typeof GATEWAY_DENIALS;

/** The closed set of reasons for a denial. */
export type DenialReason = keyof typeof DENIALS;

/** A denial: the response that the client gets. */
export interface Denial {
  kind: 'deny';
  reason: DenialReason;
  /** HTTP status. */
  status: number;
  /** JSON-RPC error. */
  error: { code: number; message: string; data?: unknown };
  /** Headers besides content-type, by lower-case name. */
  headers: Readonly<Record<string, string>>;
}

/** Deviations from the table, and data and headers of the response. */
export interface DenialDetail {
  message?: string;
  /** Values for the names in braces in the message of the table. */
  values?: Readonly<Record<string, string | number>>;
  status?: number;
  code?: number;
  data?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Makes the denial for a reason, from the table. */
export function deny(reason: DenialReason, detail: DenialDetail = {}): Denial {
  const row: DenialRow = DENIALS[reason];
  const { values = {} } = detail;
  return {
    kind: 'deny',
    reason,
    status: detail.status ?? row.status,
    error: {
      code: detail.code ?? row.code,
      message: detail.message ?? row.message.replace(/\{(\w+)\}/g, (_, name) => String(values[name])),
      ...(detail.data === undefined ? {} : { data: detail.data }),
    },
    headers: detail.headers ?? row.headers ?? {},
  };
}

/** The JSON-RPC body of a denial. */
export function denialBody(denial: Denial, id: RequestId): string {
  const idText = typeof id === 'bigint' ? String(id) : JSON.stringify(id);
  return `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(denial.error)}}`;
}
