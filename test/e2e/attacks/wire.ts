import { once } from 'node:events';
import { connect } from 'node:net';
import type { Answer } from '../../fixtures/replica-server/client.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';

/** A request as bytes, which a correct client could not send. */
export interface WireRequest {
  /** Default `POST /jira/mcp HTTP/1.1`. */
  line?: string;
  /** Lines of the head, in this order, without line ends. Default: a valid request of `alice`. */
  head?: string[];
  /** Lines before the default lines of the head. */
  first?: string[];
  /** Default lines of the head to remove. */
  without?: string[];
  /** Default: a call of `get_issue`. */
  body?: string | Buffer;
}

const LIMIT_MS = 15_000;

/** Sends the bytes on a new connection and reads the response. Status 0: the connection was closed without one. */
export async function sendBytes(ground: Ground, request: WireRequest): Promise<Answer> {
  const { hostname, port, host } = new URL(ground.gateway.url);
  const { line = 'POST /jira/mcp HTTP/1.1', body = GET_ISSUE, first = [] } = request;
  const lines = {
    host: `Host: ${host}`,
    authorization: `Authorization: Bearer ${ground.token}`,
    'content-type': 'Content-Type: application/json',
    'content-length': `Content-Length: ${Buffer.byteLength(body)}`,
    connection: 'Connection: close',
  };
  const left = Object.entries(lines).filter(([name]) => !request.without?.includes(name));
  const head = [line, ...first, ...(request.head ?? left.map(([, text]) => text)), '', ''].join('\r\n');
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('the connection stays open')));
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    // After an error Envoy waits a second for the client to close.
    if (isWhole(Buffer.concat(chunks).toString())) socket.end();
  });
  // Envoy may close while the rest is still being sent.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') chunks.push(Buffer.from(String(error)));
  });
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
  await once(socket, 'close');
  return parseAnswer(Buffer.concat(chunks).toString());
}

function parseAnswer(text: string): Answer {
  if (text === '') return { status: 0, headers: {}, body: '' };
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  if (Number.isNaN(status)) throw new Error(`no answer: ${text.slice(0, 200)}`);
  const headers = Object.fromEntries(
    lines.map((each): [string, string] => [
      each.slice(0, each.indexOf(':')).toLowerCase(),
      each.slice(each.indexOf(':') + 1).trim(),
    ]),
  );
  const rest = text.slice(end + 4);
  return { status, headers, body: headers['transfer-encoding'] === 'chunked' ? unchunked(rest) : rest };
}

function isWhole(text: string): boolean {
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
  return length === undefined
    ? text.endsWith('\r\n0\r\n\r\n')
    : Buffer.byteLength(text) >= text.indexOf('\r\n\r\n') + 4 + Number(length);
}

// Responses of the fixture and of Envoy are ASCII, so a length in bytes is one in characters.
function unchunked(text: string): string {
  let [body, at] = ['', 0];
  for (;;) {
    const end = text.indexOf('\r\n', at);
    const length = Number.parseInt(text.slice(at, end), 16);
    if (end < 0 || Number.isNaN(length) || length === 0) return body;
    body += text.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
