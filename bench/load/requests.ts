import type { Chain } from '../chains/chain.ts';

/** The protocol version of the load: one with sessions, which are what the gateway and its anchors must support. */
export const PROTOCOL_VERSION = '2025-11-25';

/** Headers of every POST of MCP's Streamable HTTP transport. */
export const MCP_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': PROTOCOL_VERSION,
};

/** The tools/call message of the load. */
export function callMessage(id: number): string {
  const params = { name: 'echo', arguments: { message: 'hello from the benchmark' } };
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
}

/** One HTTP/1.1 request as it is sent. Headers must be printable ASCII. */
export function renderRequest(url: string, headers: Readonly<Record<string, string>>, body: string): string {
  const { host, pathname } = new URL(url);
  const all = { host, ...headers, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => {
    if (!/^[\x20-\x7e]*$/.test(value)) throw new Error(`the value of the header ${name} must be printable ASCII`);
    return `${name}: ${value}`;
  });
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The contents of the file that `call.lua` reads: each request follows a line with its length in bytes. */
export function renderFrames(requests: readonly string[]): string {
  return requests.map((request) => `${Buffer.byteLength(request)}\n${request}`).join('');
}

/** One tools/call request for each session. */
export function callRequests(chain: Chain, sessions: readonly string[]): string[] {
  return sessions.map((session, index) =>
    renderRequest(chain.url, { ...MCP_HEADERS, ...chain.headers(session) }, callMessage(index + 1)),
  );
}
