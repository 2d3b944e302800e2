import { isUtf8 } from 'node:buffer';
import { classifyInboundRequest, UnsupportedProtocolVersionError } from '@modelcontextprotocol/server';
import { checkContent } from './content.ts';
import { type Denial, deny, type RequestId } from './denial.ts';
import { eraPartsOf, LargeEnvelope, MAX_ENVELOPE_VALUES } from './era-parts.ts';
import { isList, isOddSpelling, itemsOf, type NamedItem } from './items.ts';
import { requestIdOf } from './request-id.ts';
import { checkStandardHeaders } from './standard-headers.ts';
import { AmbiguousJson, parseStrictly, type StrictJson } from './strict-json.ts';

/** The parts of an HTTP request that determine its MCP message. */
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

/** The parts of an MCP request that the gateway needs. */
export interface McpMessage {
  /** `modern` is 2026-07-28 and later: stateless, with an envelope in each request. */
  era: 'legacy' | 'modern';
  /** Id of a single request; null for notifications, responses, batches and requests without body. */
  id: RequestId;
  /** Methods in the body, in order; several only in a batch (2025-03-26), none for GET and DELETE. */
  methods: readonly string[];
  /** All items that the messages name, in order. */
  items: readonly NamedItem[];
  /** Whether a result will list tools, prompts or resources. */
  lists: boolean;
  /** Whether it opens a legacy session. */
  initialize: boolean;
}

/** The message of a request, or the denial of a request without a readable one. */
export type ReadMessage = { kind: 'message'; message: McpMessage } | { kind: 'denied'; denial: Denial; id: RequestId };

const WITHOUT_BODY: ReadMessage = {
  kind: 'message',
  message: { era: 'legacy', id: null, methods: [], items: [], lists: false, initialize: false },
};

/** Maximum length of a method. */
const MAX_METHOD_LENGTH = 256;

/** Maximum number of messages in a batch (2025-03-26). */
export const MAX_BATCH = 256;

/** Maximum number of tools, prompts and resources that the messages of a request name. Each is compared with the rules. */
export const MAX_ITEMS = 1_024;

/** A server might read a body as a message, whatever the HTTP method. */
const UNEXPECTED_BODY = deny('bad-request', { message: 'Invalid request: only a POST may have a body' });

/**
 * Reads the JSON-RPC message of a request and determines its era. The body decides; the headers are compared with it (MCP 2026-07-28,
 * Streamable HTTP, standard headers), and a contradiction is denied with the specification's own code.
 */
export function readMessage(request: InboundRequest): ReadMessage {
  if (request.method !== 'POST') return request.body.length === 0 ? WITHOUT_BODY : denied(UNEXPECTED_BODY, null);
  const unreadable = checkContent(request.contentType, request.contentEncoding);
  if (unreadable !== undefined) return denied(unreadable, null);
  if (!isUtf8(request.body))
    return denied(deny('parse-error', { message: 'Parse error: the body is not UTF-8' }), null);
  // A byte order mark changes nothing for a server that accepts one.
  const text = request.body.toString('utf8').replace(/^\ufeff/, '');
  let parsed: StrictJson;
  try {
    parsed = parseStrictly(text);
  } catch (error) {
    if (!(error instanceof AmbiguousJson)) throw error;
    if (error.invalid) return denied(deny('parse-error'), null);
    return denied(deny('bad-request', { message: `Invalid request: ${error.message}` }), null);
  }
  const { value: body } = parsed;
  const id = requestIdOf(body, parsed.id);
  if (Array.isArray(body) && body.length > MAX_BATCH) return denied(tooMany(MAX_BATCH, 'messages in a batch'), null);
  const era = isPlainRequest(body, request) ? 'legacy' : classify(body, id, request);
  if (typeof era === 'object') return denied(era, id);
  const denial = checkStandardHeaders(request, body, era === 'modern');
  if (denial !== undefined) return denied(denial, id);
  const messages: unknown[] = [body].flat();
  const methods = messages.flatMap((message) => methodOf(message) ?? []);
  if (methods.some(({ length }) => length > MAX_METHOD_LENGTH)) {
    return denied(
      deny('bad-request', { message: `Invalid request: the method is longer than ${MAX_METHOD_LENGTH} characters` }),
      id,
    );
  }
  if (methods.some(isOddSpelling)) {
    return denied(
      deny('bad-request', { message: 'Invalid request: the method is not spelled as in the MCP specification' }),
      id,
    );
  }
  const initialize = era === 'legacy' && methods.includes('initialize');
  if (initialize && Array.isArray(body)) {
    // MCP 2025-03-26, lifecycle: initialize must not be part of a batch.
    return denied(deny('bad-request', { message: 'Invalid request: initialize must not be part of a batch' }), null);
  }
  const items = messages.flatMap((message) => itemsOf(message));
  if (items.length > MAX_ITEMS) return denied(tooMany(MAX_ITEMS, 'tools, prompts and resources'), id);
  return { kind: 'message', message: { era, id, methods, items, lists: methods.some(isList), initialize } };
}

function classify(body: unknown, id: RequestId, request: InboundRequest): McpMessage['era'] | Denial {
  let parts: unknown;
  try {
    parts = eraPartsOf(body);
  } catch (error) {
    if (error instanceof LargeEnvelope) return tooMany(MAX_ENVELOPE_VALUES, 'keys and values in _meta');
    throw error;
  }
  // The classifier rejects an id beyond 2^53, but servers may accept it. Its result does not depend on the id.
  if (typeof id === 'bigint') parts = { ...(parts as object), id: 0 };
  const outcome = classifyInboundRequest({
    httpMethod: request.method,
    ...(request.protocolVersion === undefined ? {} : { protocolVersionHeader: request.protocolVersion }),
    ...(request.mcpMethod === undefined ? {} : { mcpMethodHeader: request.mcpMethod }),
    ...(request.mcpName === undefined ? {} : { mcpNameHeader: request.mcpName }),
    body: parts,
  });
  if (outcome.kind === 'reject') {
    const { httpStatus: status, code, message, data } = outcome;
    return deny('bad-request', { status, code, message, data });
  }
  const revision = outcome.kind === 'modern' ? outcome.classification.revision : undefined;
  if (revision === undefined || MODERN_REVISIONS.includes(revision)) return outcome.kind;
  // Which members name a tool in an unknown revision is unknown.
  const { code, message, data } = new UnsupportedProtocolVersionError({
    supported: [...MODERN_REVISIONS],
    requested: revision,
  });
  return deny('bad-request', { code, message, data });
}

/** Revisions without sessions that the gateway supports. */
const MODERN_REVISIONS: readonly string[] = ['2026-07-28'];

/** Revisions with sessions. The classifier handles every other value of the header. */
const LEGACY_REVISIONS: ReadonlySet<string | undefined> = new Set([
  undefined,
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
]);

// The common case, a legacy request without `_meta`, needs no classifier. A test compares the two.
function isPlainRequest(body: unknown, { protocolVersion }: InboundRequest): boolean {
  if (!LEGACY_REVISIONS.has(protocolVersion) || typeof body !== 'object' || body === null || Array.isArray(body))
    return false;
  const { jsonrpc, id, method, params } = body as Record<string, unknown>;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return false;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  if ('result' in body || 'error' in body) return false;
  if (params === undefined || params === null) return true;
  return typeof params === 'object' && !Array.isArray(params) && !('_meta' in params);
}

function tooMany(limit: number, what: string): Denial {
  return deny('bad-request', { message: `Invalid request: more than ${limit} ${what}` });
}

function denied(denial: Denial, id: RequestId): ReadMessage {
  return { kind: 'denied', denial, id };
}

function methodOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('method' in message)) return undefined;
  return typeof message.method === 'string' ? message.method : undefined;
}
