import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Denial, denialBody, deny, type RequestId } from '../core/mcp/denial.ts';
import { USER_HEADER } from '../core/registry/upstream.ts';
import { parseEventId } from '../runtime/streamable-http/event-stream.ts';
import { type Message, readMessages } from '../runtime/streamable-http/messages.ts';
import type { ProcessSession } from './process-session.ts';
import type { ProcessSessions } from './process-sessions.ts';
import { SESSION_END } from './session-end.ts';

/** Revisions that have sessions (MCP, Streamable HTTP). A session also accepts the one that its server chose. */
const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];
const UNKNOWN_SESSION = deny('unknown-session');
// The answer of a server without the stateless revisions: after it, clients continue with initialize.
const MISSING_SESSION = deny('missing-session');
/** Headers that are not forwarded to a server over HTTP. */
const OF_CONNECTION =
  /^(host|connection|keep-alive|te|trailer|upgrade|expect|transfer-encoding|proxy-.*|content-.*|accept(-.*)?|last-event-id|mcp-.*|x-mcp-user|x-envoy-.*|x-forwarded-.*|forwarded)$/;
const JSON_TYPE = 'application/json';
const EVENT_STREAM = 'text/event-stream';
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
    return respond(response, deny('method-not-allowed', { headers: METHODS }));
  }
  const session = sessionOf(sessions, request);
  if ('kind' in session) return respond(response, session);
  if (method === 'DELETE') {
    await sessions.end(session, SESSION_END.deleted);
    response.writeHead(200).end();
    return;
  }
  if (!accepts(request, EVENT_STREAM)) return respond(response, notAcceptable(EVENT_STREAM));
  const eventId = header(request, 'last-event-id');
  const position = eventId === undefined ? undefined : parseEventId(eventId);
  if (eventId !== undefined && position === undefined) return respond(response, deny('unknown-event-id'));
  const denial = session.get(response, position);
  if (denial !== undefined) respond(response, denial);
}

async function servePost(
  sessions: ProcessSessions,
  maxMessageBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, maxMessageBytes);
  if (body === undefined) {
    respond(response, deny('message-too-large', { values: { maxBytes: maxMessageBytes } }));
    request.resume();
    return;
  }
  if (!/^application\/json\s*(;|$)/i.test(header(request, 'content-type') ?? '')) {
    return respond(response, deny('unsupported-media-type'));
  }
  const messages = isUtf8(body) ? readMessages(body.toString('utf8')) : undefined;
  if (messages === undefined) return respond(response, deny('not-json-rpc'));
  const id = messages.length === 1 && messages[0]?.kind === 'request' ? (messages[0].id ?? null) : null;
  const initialize = messages.find(({ kind, method }) => kind === 'request' && method === 'initialize');
  if (header(request, 'mcp-session-id') === undefined && initialize !== undefined) {
    if (!accepts(request, JSON_TYPE)) return respond(response, notAcceptable(JSON_TYPE), id);
    if (messages.length === 1) return open(sessions, initialize, request, response);
    return respond(response, deny('initialize-in-batch'));
  }
  const session = sessionOf(sessions, request);
  if ('kind' in session) return respond(response, session, id);
  // Only a request is answered.
  const types = messages.some(({ kind }) => kind === 'request') ? [JSON_TYPE, EVENT_STREAM] : [];
  const unwanted = types.find((type) => !accepts(request, type));
  if (unwanted !== undefined) return respond(response, notAcceptable(unwanted), id);
  const denial = session.post(messages, response, {
    revision: header(request, 'mcp-protocol-version'),
    headers: forwarded(request.headers),
  });
  if (denial !== undefined) respond(response, denial, id);
}

async function open(
  sessions: ProcessSessions,
  initialize: Message,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort());
  const opened = await sessions.open(
    initialize,
    { headers: forwarded(request.headers), user: header(request, USER_HEADER) },
    disconnected.signal,
  );
  if ('denial' in opened) return respond(response, opened.denial, initialize.id);
  if ('session' in opened) response.setHeader('mcp-session-id', opened.session.id);
  if (disconnected.signal.aborted && 'session' in opened) {
    await sessions.end(opened.session, SESSION_END.disconnected);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(opened.answer);
}

// What Envoy adds for the server reaches it: its credential and the identity headers. What belongs to this connection does not.
function forwarded(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.test(name)));
}

function sessionOf(sessions: ProcessSessions, request: IncomingMessage): ProcessSession | Denial {
  const id = header(request, 'mcp-session-id');
  const revision = header(request, 'mcp-protocol-version');
  if (id === undefined) return MISSING_SESSION;
  const session = sessions.get(id);
  if (session === undefined) return UNKNOWN_SESSION;
  if (revision === undefined || revision === session.revision || REVISIONS.includes(revision)) return session;
  return deny('unsupported-revision', { values: { supported: REVISIONS.join(', ') } });
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

function respond(response: ServerResponse, denial: Denial, id: RequestId = null): void {
  response.writeHead(denial.status, { 'content-type': 'application/json', ...denial.headers });
  response.end(denialBody(denial, id));
}

function notAcceptable(type: string): Denial {
  return deny('not-acceptable', { values: { type } });
}

// RFC 9110, section 12.5.1: without the header, every type is accepted.
function accepts(request: IncomingMessage, type: string): boolean {
  const ranges = ['*/*', `${type.split('/')[0]}/*`, type];
  return (header(request, 'accept') ?? '*/*').split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    return ranges.includes(range) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
