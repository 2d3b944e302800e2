import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Denial, denialBody, deny, type RequestId } from '../core/mcp/denial.ts';
import { parseEventId } from '../runtime/streamable-http/event-stream.ts';
import { type Message, readMessages } from '../runtime/streamable-http/messages.ts';
import type { ProcessSession } from './process-session.ts';
import type { ProcessSessions } from './process-sessions.ts';

/** Revisions that have sessions (MCP, Streamable HTTP). */
const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];
const UNKNOWN_SESSION = deny('unknown-session');
// Servers that know only revisions with sessions answer so, and clients continue with initialize.
const MISSING_SESSION = deny('missing-session');
const METHODS = { allow: 'GET, POST, DELETE' };

/** Serves one request for the MCP endpoint. */
export async function serveEndpoint(
  sessions: ProcessSessions,
  maxMessageBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method } = request;
  if (method === 'POST') return servePost(sessions, maxMessageBytes, request, response);
  if (method !== 'GET' && method !== 'DELETE') {
    return refuse(response, deny('method-not-allowed', { headers: METHODS }));
  }
  const found = sessionOf(sessions, request);
  if ('kind' in found) return refuse(response, found);
  if (method === 'DELETE') {
    await sessions.end(found, 'the client ended the session');
    response.writeHead(200).end();
    return;
  }
  if (!accepts(request, 'text/event-stream')) return refuse(response, notAcceptable('text/event-stream'));
  const last = header(request, 'last-event-id');
  const place = last === undefined ? undefined : parseEventId(last);
  if (last !== undefined && place === undefined) return refuse(response, deny('unknown-event-id'));
  const denial = found.listen(response, place);
  if (denial !== undefined) refuse(response, denial);
}

async function servePost(
  sessions: ProcessSessions,
  maxMessageBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, maxMessageBytes);
  if (body === undefined) {
    refuse(response, deny('message-too-large', { values: { maxBytes: maxMessageBytes } }));
    request.resume();
    return;
  }
  if (!/^application\/json\s*(;|$)/i.test(header(request, 'content-type') ?? '')) {
    return refuse(response, deny('unsupported-media-type'));
  }
  const messages = isUtf8(body) ? readMessages(body.toString('utf8')) : undefined;
  if (messages === undefined) return refuse(response, deny('not-json-rpc'));
  const id = messages.length === 1 && messages[0]?.kind === 'request' ? (messages[0].id ?? null) : null;
  for (const type of ['application/json', 'text/event-stream']) {
    if (!accepts(request, type)) return refuse(response, notAcceptable(type), id);
  }
  const initialize = messages.find(({ kind, method }) => kind === 'request' && method === 'initialize');
  if (header(request, 'mcp-session-id') === undefined && initialize !== undefined) {
    if (messages.length === 1) return open(sessions, initialize, response);
    return refuse(response, deny('initialize-in-batch'));
  }
  const found = sessionOf(sessions, request);
  if ('kind' in found) return refuse(response, found, id);
  const denial = found.post(messages, response, header(request, 'mcp-protocol-version'));
  if (denial !== undefined) refuse(response, denial, id);
}

async function open(sessions: ProcessSessions, initialize: Message, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const opened = await sessions.open(initialize, gone.signal);
  if ('denial' in opened) return refuse(response, opened.denial, initialize.id);
  if ('session' in opened) response.setHeader('mcp-session-id', opened.session.id);
  if (gone.signal.aborted && 'session' in opened) {
    await sessions.end(opened.session, 'the client was gone before it had the session');
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(opened.answer);
}

function sessionOf(sessions: ProcessSessions, request: IncomingMessage): ProcessSession | Denial {
  const id = header(request, 'mcp-session-id');
  const revision = header(request, 'mcp-protocol-version');
  if (id === undefined) return MISSING_SESSION;
  if (revision !== undefined && !REVISIONS.includes(revision)) {
    return deny('unsupported-revision', { values: { supported: REVISIONS.join(', ') } });
  }
  return sessions.get(id) ?? UNKNOWN_SESSION;
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, denial: Denial, id: RequestId = null): void {
  response.writeHead(denial.status, { 'content-type': 'application/json', ...denial.headers });
  response.end(denialBody(denial, id));
}

function notAcceptable(type: string): Denial {
  return deny('not-acceptable', { values: { type } });
}

function accepts(request: IncomingMessage, type: string): boolean {
  const accept = header(request, 'accept') ?? '';
  return accept.includes(type) || accept.includes('*/*');
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
