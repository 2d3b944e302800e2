import { isUtf8 } from 'node:buffer';
import { classifyInboundRequest, UnsupportedProtocolVersionError } from '@modelcontextprotocol/server';
import { checkContent } from './content.ts';
import { type Denial, deny, type RequestId } from './denial.ts';
import { isList, isOddSpelling, itemsOf, type NamedItem } from './items.ts';
import { requestIdOf } from './request-id.ts';
import { checkStandardHeaders } from './standard-headers.ts';
import { AmbiguousJson, parseStrictly } from './strict-json.ts';

/** The parts of an HTTP request that tell what MCP message it carries. */
export interface InboundRequest {
  /** HTTP method in upper case. */
  method: string;
  contentType: string | undefined;
  contentEncoding: string | undefined;
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
  /** Everything that the messages name, in order. */
  items: readonly NamedItem[];
  /** Whether a result will list tools, prompts or resources. */
  lists: boolean;
  /** Whether it opens a legacy session. */
  initialize: boolean;
}

/** What became of reading the message. */
export type ReadMessage = { kind: 'message'; message: McpMessage } | { kind: 'denied'; denial: Denial; id: RequestId };

const WITHOUT_BODY: ReadMessage = {
  kind: 'message',
  message: { era: 'legacy', id: null, methods: [], items: [], lists: false, initialize: false },
};

/** A server might read it as a message, whatever the method. */
const UNEXPECTED_BODY = deny('bad-request', { message: 'Invalid request: only a POST has a body' });

/**
 * Reads the JSON-RPC message of a request and finds its era. The body decides, the headers are checked against it
 * (MCP 2026-07-28, Streamable HTTP, standard headers); a contradiction is refused with the specification's own code.
 */
export function readMessage(request: InboundRequest): ReadMessage {
  if (request.method !== 'POST') return request.body.length === 0 ? WITHOUT_BODY : denied(UNEXPECTED_BODY, null);
  const unreadable = checkContent(request.contentType, request.contentEncoding);
  if (unreadable !== undefined) return denied(unreadable, null);
  if (!isUtf8(request.body))
    return denied(deny('parse-error', { message: 'Parse error: the body is not UTF-8' }), null);
  const text = request.body.toString('utf8');
  let body: unknown;
  try {
    body = parseStrictly(text);
  } catch (error) {
    if (!(error instanceof AmbiguousJson)) throw error;
    if (error.invalid) return denied(deny('parse-error'), null);
    return denied(deny('bad-request', { message: `Invalid request: the body is ambiguous: ${error.message}` }), null);
  }
  const id = requestIdOf(body, text);
  // The classifier takes no id beyond 2^53, but servers may; what it says does not depend on the id.
  if (typeof id === 'bigint') body = { ...(body as object), id: 0 };
  const era = isPlainRequest(body, request) ? 'legacy' : classify(body, request);
  if (typeof era === 'object') return denied(era, id);
  const denial = checkStandardHeaders(request, body, era === 'modern');
  if (denial !== undefined) return denied(denial, id);
  const messages: unknown[] = [body].flat();
  const methods = messages.flatMap((message) => methodOf(message) ?? []);
  if (methods.some(isOddSpelling)) {
    return denied(deny('bad-request', { message: 'Invalid request: the method is written in an odd way' }), id);
  }
  const initialize = era === 'legacy' && methods.includes('initialize');
  if (initialize && Array.isArray(body)) {
    // MCP 2025-03-26, lifecycle: initialize must not be part of a batch.
    return denied(deny('bad-request', { message: 'Invalid request: initialize must not be part of a batch' }), null);
  }
  const items = messages.flatMap((message) => itemsOf(message));
  return { kind: 'message', message: { era, id, methods, items, lists: methods.some(isList), initialize } };
}

function classify(body: unknown, request: InboundRequest): McpMessage['era'] | Denial {
  const outcome = classifyInboundRequest({
    httpMethod: request.method,
    ...(request.protocolVersion === undefined ? {} : { protocolVersionHeader: request.protocolVersion }),
    ...(request.mcpMethod === undefined ? {} : { mcpMethodHeader: request.mcpMethod }),
    ...(request.mcpName === undefined ? {} : { mcpNameHeader: request.mcpName }),
    body,
  });
  if (outcome.kind === 'reject') {
    const { httpStatus: status, code, message, data } = outcome;
    return deny('bad-request', { status, code, message, data });
  }
  const revision = outcome.kind === 'modern' ? outcome.classification.revision : undefined;
  if (revision === undefined || MODERN_REVISIONS.includes(revision)) return outcome.kind;
  // Nobody knows what names a tool there.
  const { code, message, data } = new UnsupportedProtocolVersionError({
    supported: [...MODERN_REVISIONS],
    requested: revision,
  });
  return deny('bad-request', { code, message, data });
}

/** Revisions without sessions whose requests the gateway can read. */
const MODERN_REVISIONS: readonly string[] = ['2026-07-28'];

/** Revisions with sessions; every other value of the header is for the classifier. */
const LEGACY_REVISIONS: ReadonlySet<string | undefined> = new Set([
  undefined,
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
]);
const REQUEST_KEYS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);

// The common case, a legacy request without `_meta`, needs no classifier; a test holds that both say the same.
function isPlainRequest(body: unknown, { protocolVersion }: InboundRequest): boolean {
  if (!LEGACY_REVISIONS.has(protocolVersion) || typeof body !== 'object' || body === null || Array.isArray(body))
    return false;
  const { jsonrpc, id, method, params = {} } = body as Record<string, unknown>;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return false;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  if (typeof params !== 'object' || params === null || Array.isArray(params) || '_meta' in params) return false;
  for (const key in body) if (!REQUEST_KEYS.has(key)) return false;
  return true;
}

function denied(denial: Denial, id: RequestId): ReadMessage {
  return { kind: 'denied', denial, id };
}

function methodOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('method' in message)) return undefined;
  return typeof message.method === 'string' ? message.method : undefined;
}
