import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Answers a request of a Node server with a fetch handler. The signal of the request aborts when the client is gone.
 *
 * `toNodeHandler` of `@modelcontextprotocol/node` 2.1.2 differs in two ways that matter here: it keeps the response headers back
 * until the first byte of the body, so a client of a quiet event stream waits for them; and it ends a response whose body failed as
 * if it were complete. It would also bring hono along. The limit for request bodies (4 MiB) is the MCP handler's own in both cases.
 *
 * @param report called with unexpected errors
 */
export async function serveFetch(
  fetch: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  report: (error: unknown) => void,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  try {
    const response = await fetch(toRequest(incoming, gone.signal));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.flushHeaders();
    if (response.body === null) outgoing.end();
    else await pipeline(Readable.fromWeb(response.body), outgoing);
  } catch (error) {
    if (gone.signal.aborted) return;
    report(error);
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(500).end();
  }
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/' } = incoming;
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const bodiless = method === 'GET' || method === 'HEAD';
  const body = bodiless ? null : Readable.toWeb(incoming);
  return new Request(new URL(url, 'http://localhost'), { method, headers, body, duplex: 'half', signal });
}
