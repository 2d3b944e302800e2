import { isUtf8 } from 'node:buffer';
import { classifyInboundRequest, isJsonContentType } from '@modelcontextprotocol/server';
import { type Denial, deny, type RequestId } from './denial.ts';
import { requestIdOf } from './request-id.ts';

/** The parts of an HTTP request that tell what MCP message it carries. */
export interface InboundRequest {
  /** HTTP method in upper case. */
  method: string;
  contentType: string | undefined;
  protocolVersion: string | undefined;
  mcpMethod: string | undefined;
  mcpName: string | undefined;
  body: Buffer;
}

/** An MCP request as far as the gateway needs to know it. */
export interface McpMessage {
  /** `modern` is 2026-07-28 and later: stateless, with an envelope in each request. */
  era: 'legacy' | 'modern';
  /** Id of a single request; null for notifications, responses, batches and requests without body. */
  id: RequestId;
  /** Methods in the body, in order; several only in a batch (2025-03-26), none for GET and DELETE. */
  methods: readonly string[];
  /** Whether it opens a legacy session. */
  initialize: boolean;
}

/** What became of reading the message. */
export type ReadMessage = { kind: 'message'; message: McpMessage } | { kind: 'refused'; denial: Denial; id: RequestId };

const WITHOUT_BODY: ReadMessage = {
  kind: 'message',
  message: { era: 'legacy', id: null, methods: [], initialize: false },
};

/**
 * Reads the JSON-RPC message of a request and finds its era. The body decides, the headers are checked against it
 * (MCP 2026-07-28, Streamable HTTP, standard headers); a contradiction is refused with the specification's own code.
 */
export function readMessage(request: InboundRequest): ReadMessage {
  if (request.method !== 'POST') return WITHOUT_BODY;
  if (!isJsonContentType(request.contentType)) return refused(deny('unsupported-media-type'), null);
  if (!isUtf8(request.body))
    return refused(deny('parse-error', { message: 'Parse error: the body is not UTF-8' }), null);
  const text = request.body.toString('utf8');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refused(deny('parse-error'), null);
  }
  const id = requestIdOf(body, text);
  // The classifier takes no id beyond 2^53, but servers may; what it says does not depend on the id.
  if (typeof id === 'bigint') body = { ...(body as object), id: 0 };
  const plain = plainRequest(body, request);
  if (plain !== undefined) return { kind: 'message', message: { ...plain, id } };
  const outcome = classifyInboundRequest({
    httpMethod: request.method,
    ...(request.protocolVersion === undefined ? {} : { protocolVersionHeader: request.protocolVersion }),
    ...(request.mcpMethod === undefined ? {} : { mcpMethodHeader: request.mcpMethod }),
    ...(request.mcpName === undefined ? {} : { mcpNameHeader: request.mcpName }),
    body,
  });
  if (outcome.kind === 'reject') {
    const { httpStatus: status, code, message, data } = outcome;
    return refused(deny('bad-request', { status, code, message, data }), id);
  }
  const methods = (Array.isArray(body) ? body : [body]).flatMap((one: unknown) => methodOf(one) ?? []);
  return {
    kind: 'message',
    message: {
      era: outcome.kind,
      id,
      methods,
      initialize: outcome.kind === 'legacy' && methods.includes('initialize'),
    },
  };
}

/** Revisions with sessions; every other value of the header is for the classifier. */
const LEGACY_REVISIONS: ReadonlySet<string | undefined> = new Set([
  undefined,
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
]);
const REQUEST_KEYS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);

// The common case, a legacy request without `_meta`, needs no classifier; a test holds that both say the same.
function plainRequest(body: unknown, { protocolVersion }: InboundRequest): Omit<McpMessage, 'id'> | undefined {
  if (!LEGACY_REVISIONS.has(protocolVersion) || typeof body !== 'object' || body === null || Array.isArray(body))
    return undefined;
  const { jsonrpc, id, method, params = {} } = body as Record<string, unknown>;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return undefined;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined;
  if (typeof params !== 'object' || params === null || Array.isArray(params) || '_meta' in params) return undefined;
  for (const key in body) if (!REQUEST_KEYS.has(key)) return undefined;
  return { era: 'legacy', methods: [method], initialize: method === 'initialize' };
}

function refused(denial: Denial, id: RequestId): ReadMessage {
  return { kind: 'refused', denial, id };
}

function methodOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('method' in message)) return undefined;
  return typeof message.method === 'string' ? message.method : undefined;
}
