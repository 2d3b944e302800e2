import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { messageOf } from '../../core/errors.ts';

/** Content type of the Prometheus text format, version 0.0.4. */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;

/** A whole response. It is never cached. */
export interface Page {
  status: number;
  /** Content type. */
  type: string;
  body: string;
  headers?: OutgoingHttpHeaders;
}

/** A page of plain text. */
export function textPage(status: number, body: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/** A page of JSON. */
export function jsonPage(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Page {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
}

/** Answers a request with a page; HEAD gets its headers only. The body of the request is discarded. */
export function sendPage(request: IncomingMessage, response: ServerResponse, page: Page): void {
  request.resume();
  response.writeHead(page.status, { 'content-type': page.type, 'cache-control': 'no-store', ...page.headers });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

/**
 * A server for probes and metrics: GET and HEAD only, short timeouts, few connections. The caller makes it listen.
 *
 * @param pageOf returns the page of a request's target, which may hold a query; a rejection is answered with 503 and its message
 */
export function createPageServer(pageOf: (target: string) => Page | Promise<Page>): Server {
  const answer = async ({ method, url = '' }: IncomingMessage): Promise<Page> => {
    if (method !== 'GET' && method !== 'HEAD') return textPage(405, 'only GET and HEAD are allowed\n');
    return pageOf(url);
  };
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(timeouts, (request, response) => {
    answer(request)
      .catch((error: unknown) => textPage(503, `${messageOf(error)}\n`))
      .then((page) => sendPage(request, response, page));
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/** A server whose only page is `/metrics`. */
export function createMetricsServer(metrics: () => string): Server {
  return createPageServer((target) =>
    target === '/metrics' ? { status: 200, type: PROMETHEUS_TEXT, body: metrics() } : textPage(404, 'no such page\n'),
  );
}
