import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface TokenShim {
  /** The URL for the suite: `http://127.0.0.1:PORT/mcp`. */
  url: string;
  stop(): Promise<void>;
}

export interface TokenShimOptions {
  /** The origin to forward to, such as `http://127.0.0.1:8080`. */
  target: string;
  /** The path at the target that replaces `/mcp`; other paths are forwarded unchanged. */
  path: string;
  /** The bearer token to add to every request. Default: none. */
  token?: string;
}

/**
 * A proxy on loopback that adds a token, since the conformance suite cannot send one. Everything else is forwarded unchanged:
 * header names, their order and case, Host, Origin, status line and body. Streams are forwarded as they arrive, and if one
 * side closes its connection, the other is closed too.
 */
export async function startTokenShim(options: TokenShimOptions): Promise<TokenShim> {
  const server = createServer((incoming, outgoing) => forward(options, incoming, outgoing));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward({ target, path, token }: TokenShimOptions, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { hostname, port } = new URL(target);
  const authorization = token === undefined ? [] : ['Authorization', `Bearer ${token}`];
  const upstream = request({
    hostname,
    port,
    method: incoming.method,
    path: incoming.url?.replace(/^\/mcp(?=$|\?)/, path),
    // Given an array, Node sends the headers unchanged and adds none.
    headers: [...incoming.rawHeaders, ...authorization],
    agent: false,
  });
  upstream.once('response', (response) => {
    outgoing.sendDate = false;
    outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, response.rawHeaders);
    outgoing.flushHeaders();
    // A failure here means that one side has closed its connection; pipeline has closed the other.
    pipeline(response, outgoing).catch(() => undefined);
  });
  upstream.once('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  outgoing.once('close', () => upstream.destroy());
  pipeline(incoming, upstream).catch(() => undefined);
}
