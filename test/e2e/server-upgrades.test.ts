import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { headersOf } from './policy-lists-setup.ts';

const RESULT = '{"jsonrpc":"2.0","id":"mine","result":{}}';
const OK = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n`;
const EVIL = 'set-cookie: evil=1\r\nlink: </evil>; rel=preload\r\n';

describe('protocols and interim responses of servers', function () {
  this.timeout(60_000);

  let gateway: TestGateway;
  let token: string;
  /** The bytes with which the server answers, and the requests that it got. */
  let reply = `${OK}\r\n`;
  const requests: string[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const [head = '', body] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      text = '';
      requests.push(head);
      socket.end(reply);
    });
  });

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const raw = { name: 'raw', url: `http://127.0.0.1:${port}/mcp`, healthCheck: { type: 'none' } };
    gateway = await startGateway({ backends: { raw } });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  beforeEach(() => {
    requests.length = 0;
  });

  /** Everything that the gateway sends until it closes the connection. */
  async function talk(line: string, more: readonly string[] = [], body = ''): Promise<string> {
    const { hostname, port, host } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const fields = { ...headersOf(token), host, 'content-length': String(body.length), connection: 'close' };
    const shown = Object.entries(fields).filter(
      ([name]) => !more.some((one) => one.toLowerCase().startsWith(`${name}:`)),
    );
    socket.write([line, ...shown.map(([name, value]) => `${name}: ${value}`), ...more, '', body].join('\r\n'));
    const chunks: Buffer[] = await socket.toArray();
    return Buffer.concat(chunks).toString('latin1');
  }
  const call = '{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"a"}}';
  const post = (more: readonly string[] = []) => talk('POST /raw/mcp HTTP/1.1', more, call);
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

  for (const [what, more] of [
    ['that nobody asked for', []],
    [
      'to WebSocket',
      [
        'Connection: Upgrade, close',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    ],
    ['to HTTP/2', ['Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
    ['to anything', ['Connection: Upgrade, close', 'Upgrade: evil/1.0']],
  ] as const) {
    it(`101 ${what}: no bytes of another protocol reach the client`, async () => {
      reply = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${EVIL}\r\nraw bytes`;
      const answer = await post(more);
      expect(answer).to.not.match(/ 101 |raw bytes|evil=|<\/evil>/);
      expect(statusOf(answer)).to.be.at.least(400);
      expect(requests.filter((head) => /^upgrade:/im.test(head))).to.deep.equal([]);
    });
  }

  it('CONNECT, and an upgrade of a GET, are denied before they reach a server', async () => {
    reply = `${OK}\r\n`;
    const { host } = new URL(gateway.url);
    for (const line of [`CONNECT ${host} HTTP/1.1`, 'CONNECT /raw/mcp HTTP/1.1']) {
      const answer = await talk(line);
      expect([line, Math.floor(statusOf(answer) / 100)]).to.deep.equal([line, 4]);
    }
    const answer = await talk('GET /raw/mcp HTTP/1.1', ['Connection: Upgrade, close', 'Upgrade: websocket']);
    expect(statusOf(answer)).to.equal(403);
    expect(requests).to.deep.equal([]);
  });

  it('interim responses do not reach clients, but the response after them does', async () => {
    for (const interim of ['100 Continue', '102 Processing', '103 Early Hints', '199 Evil']) {
      const early = `HTTP/1.1 ${interim}\r\n${EVIL}\r\n`;
      reply = `${early}${early}${OK}${EVIL}content-length: ${RESULT.length}\r\n\r\n${RESULT}`;
      const answer = await post();
      expect(answer).to.not.match(/HTTP\/1\.1 1\d\d|evil/i);
      expect([interim, statusOf(answer), answer.includes(RESULT)]).to.deep.equal([interim, 200, true]);
    }
  });

  it('trailers do not reach clients', async () => {
    const size = RESULT.length.toString(16);
    reply = `${OK}transfer-encoding: chunked\r\ntrailer: set-cookie, x-late\r\n\r\n${size}\r\n${RESULT}\r\n0\r\n${EVIL}x-late: evil\r\n\r\n`;
    const answer = await post(['TE: trailers']);
    expect([statusOf(answer), answer.includes(RESULT)]).to.deep.equal([200, true]);
    expect(answer).to.not.match(/evil|x-late/i);
  });
});
