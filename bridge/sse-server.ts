import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf } from '../core/errors.ts';
import { errorLine, type Message } from '../runtime/streamable-http/messages.ts';
import { SESSION_END } from './session-end.ts';
import type { ServerStart, SessionServer } from './session-server.ts';
import { readEvents } from './sse-events.ts';

/** How long a server may take to accept a message. */
const POST_TIMEOUT_MS = 60_000;
/** TCP keepalive, to find servers that are gone. */
const KEEPALIVE_MS = 15_000;
const MAX_ENDPOINT_LENGTH = 8_192;
const INTERNAL_ERROR = -32603;

/** A server that speaks HTTP+SSE (MCP 2024-11-05), and how to reach it. */
export interface SseSpec {
  /** URL of its event stream. */
  url: string;
  /** PEM of the authorities and of the client certificate; called for each connection, since the files may be replaced. */
  tls: () => { ca?: string; cert?: string; key?: string };
  /** A larger event ends the session. */
  maxMessageBytes: number;
  /** How long it may take to name its endpoint. */
  startMs: number;
}

/**
 * One session of a server that speaks HTTP+SSE (MCP 2024-11-05, transports). Its event stream carries what the server sends; each
 * message of the client is a POST to the URL that the first event names. The session ends with the stream.
 */
export class SseServer implements SessionServer {
  readonly pid = undefined;
  readonly stderrTail = '';
  readonly gone: Promise<string>;
  readonly #spec: SseSpec;
  readonly #endpoint: URL;
  readonly #stream: ClientRequest;
  readonly #onLine: ServerStart['onLine'];
  #posts: Promise<void> = Promise.resolve();
  #unreadBytes = 0;
  #end: (why: string) => void = () => undefined;

  private constructor(spec: SseSpec, endpoint: URL, stream: ClientRequest, onLine: ServerStart['onLine']) {
    this.#spec = spec;
    this.#endpoint = endpoint;
    this.#stream = stream;
    this.#onLine = onLine;
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Connects and waits for the endpoint. Rejects with the reason if the server does not speak HTTP+SSE. */
  static start(spec: SseSpec, { headers, onLine }: Pick<ServerStart, 'headers' | 'onLine'>): Promise<SseServer> {
    return new Promise((resolve, reject) => {
      let server: SseServer | undefined;
      let stream: ClientRequest | undefined;
      const fail = (why: string): void => {
        clearTimeout(timer);
        stream?.destroy();
        if (server === undefined) reject(new Error(why));
        else server.#end(why);
      };
      const timer = setTimeout(() => fail(SESSION_END.noEndpoint(spec.startMs)), spec.startMs);
      try {
        stream = send(spec, new URL(spec.url), 'GET', { ...headers, accept: 'text/event-stream' });
      } catch (error) {
        return fail(SESSION_END.streamFailed(messageOf(error)));
      }
      const opened = stream;
      const onEvent = (type: string, data: string): Promise<void> | undefined => {
        if (server !== undefined) return type === 'message' ? onLine({ text: data }) : undefined;
        if (type !== 'endpoint') return undefined;
        const endpoint = endpointOf(spec.url, data);
        if (typeof endpoint === 'string') {
          fail(endpoint);
        } else {
          clearTimeout(timer);
          server = new SseServer(spec, endpoint, opened, onLine);
          resolve(server);
        }
        return undefined;
      };
      stream.on('error', (error) => fail(SESSION_END.streamFailed(messageOf(error))));
      stream.on('close', () => fail(SESSION_END.streamEnded));
      stream.on('response', (response) => {
        const unusable = unusableStream(response);
        if (unusable !== undefined) return fail(unusable);
        const { maxMessageBytes } = spec;
        readEvents(response, maxMessageBytes, onEvent, () => fail(SESSION_END.eventTooLarge(maxMessageBytes)));
      });
      stream.end();
    });
  }

  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  // One after the other, because a server may handle messages in the order in which they arrive.
  write(message: Message, headers: OutgoingHttpHeaders): void {
    const body = Buffer.from(message.line);
    this.#unreadBytes += body.length;
    this.#posts = this.#posts.then(async () => {
      const why = await this.#post(body, headers);
      this.#unreadBytes -= body.length;
      if (why !== undefined && message.kind === 'request' && message.id !== undefined) {
        void this.#onLine({ text: errorLine(message.id, INTERNAL_ERROR, why) });
      }
    });
  }

  async end(): Promise<void> {
    this.#stream.destroy();
    await this.gone;
  }

  // Returns why the server did not accept the message.
  #post(body: Buffer, headers: OutgoingHttpHeaders): Promise<string | undefined> {
    if (this.#stream.destroyed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const own = { 'content-type': 'application/json', 'content-length': body.length };
      let post: ClientRequest;
      try {
        post = send(this.#spec, this.#endpoint, 'POST', { ...headers, ...own });
      } catch (error) {
        return resolve(`The message cannot be sent (${messageOf(error)})`);
      }
      post.setTimeout(POST_TIMEOUT_MS, () => post.destroy(new Error('timeout')));
      post.on('error', (error) => resolve(`The MCP server did not accept the message (${messageOf(error)})`));
      post.on('response', (response) => {
        const { statusCode = 0 } = response;
        response.on('error', () => undefined).resume();
        // The server does not know the session any more.
        if (statusCode === 404 || statusCode === 410) this.#stream.destroy();
        resolve(statusCode < 300 ? undefined : `The MCP server answered with HTTP status ${statusCode}`);
      });
      post.end(body);
    });
  }
}

function send(spec: SseSpec, url: URL, method: string, headers: OutgoingHttpHeaders): ClientRequest {
  const options = { method, headers, agent: false };
  const request =
    url.protocol === 'https:' ? httpsRequest(url, { ...options, ...spec.tls() }) : httpRequest(url, options);
  request.setSocketKeepAlive(true, KEEPALIVE_MS);
  return request;
}

// Clients get to see these texts, so they do not name the URL.
function unusableStream({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode >= 300 && statusCode < 400) {
    return `it redirects GET (HTTP status ${statusCode}); use the URL that it redirects to`;
  }
  if (statusCode !== 200) return `it answered GET with HTTP status ${statusCode}`;
  if (/^text\/event-stream\s*(;|$)/i.test(headers['content-type'] ?? '')) return undefined;
  return 'it answered GET without an event stream; if it speaks Streamable HTTP, leave transport out';
}

// A server must not choose to which host the gateway sends the messages and the credential of a session.
function endpointOf(url: string, data: string): URL | string {
  const endpoint = data.length > MAX_ENDPOINT_LENGTH ? null : URL.parse(data, url);
  if (endpoint === null) return 'it named an endpoint that is not a URL';
  if (endpoint.username !== '' || endpoint.password !== '') return 'it named an endpoint with credentials';
  return endpoint.origin === new URL(url).origin ? endpoint : 'it named an endpoint of another origin';
}
