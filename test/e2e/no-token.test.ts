import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { parse, REPLICA_PROGRAM, rpc, send } from '../fixtures/replica-server/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

describe('requests without a token', function () {
  this.timeout(60_000);
  let gateway: TestGateway;
  let token: string;
  let port: number;
  const sockets: Socket[] = [];

  before(async () => {
    gateway = await startGateway({
      backends: { echo: { name: 'echo', command: [process.execPath, REPLICA_PROGRAM] } },
      settings: { allowedOrigins: ['https://page.example'] },
    });
    token = await gateway.token();
    port = Number(new URL(gateway.url).port);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway?.stop();
  });

  const counter = async (name: string): Promise<number> => {
    const text = await askAdmin(join(gateway.stateDir, 'run', 'admin.sock'), 'GET', `/stats?filter=^${name}$`);
    return Number(text.split(': ')[1]);
  };

  /** Opens a connection from an address, and collects what comes back. */
  function dial(text: string, from = '127.0.0.1'): { socket: Socket; received: () => string; closed: Promise<void> } {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    sockets.push(socket);
    socket.on('data', (chunk) => {
      received += chunk;
    });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write(text);
    return { socket, received: () => received, closed };
  }

  const head = (authorization: string) =>
    `POST /echo/mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n${authorization}content-length: 1000000\r\n\r\n{`;

  for (const [what, authorization] of [
    ['no header', ''],
    ['an empty header', 'authorization: \r\n'],
    ['another scheme', 'authorization: Basic YTpi\r\n'],
    ['a token that is not a JWT', 'authorization: Bearer abc\r\n'],
    ['a JWT of two parts', 'authorization: Bearer a.b\r\n'],
    ['a JWT of four parts', 'authorization: Bearer a.b.c.d\r\n'],
    ['an encrypted JWT', 'authorization: Bearer a.b.c.d.e\r\n'],
    ['a tab before the token', 'authorization: Bearer\ta.b.c\r\n'],
    ['two headers', 'authorization: Bearer a.b.c\r\nauthorization: Bearer a.b.c\r\n'],
    ['a scheme without a space', 'authorization: Bearera.b.c\r\n'],
  ]) {
    it(`get their challenge before their body was sent: ${what}`, async () => {
      const { received, closed } = dial(head(authorization ?? ''));
      await closed;
      expect(received()).to.match(/^HTTP\/1\.1 401 /);
      expect(received()).to.match(
        /www-authenticate: Bearer .*resource_metadata="[^"]*\/\.well-known\/oauth-protected-resource\/echo\/mcp".*scope="mcp"/i,
      );
      expect(received()).to.contain('"code":-32010');
    });
  }

  it('with a token that could be valid are read to their end first', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER  ']) {
      const body = ' '.repeat(1_000);
      const { socket, received } = dial(
        head(`authorization: ${scheme} a.b.c\r\n`).replace(
          'content-length: 1000000',
          `content-length: ${body.length + 1}`,
        ),
      );
      await sleep(200);
      expect(received()).to.equal('');
      socket.write(body);
      while (!received().includes('\r\n\r\n')) await sleep(20);
      expect(received()).to.match(/^HTTP\/1\.1 401 /);
      expect(received()).to.contain('error="invalid_token"');
    }
  });

  it('reveal nothing about backends, and keep the order of the checks', async () => {
    const ask = (path: string, method = 'POST') => send(`${gateway.url}${path}`, { method, body: '' });
    const [known, unknown] = [await ask('/echo/mcp'), await ask('/none/mcp')];
    expect(unknown.body).to.equal(known.body);
    expect(unknown.headers['www-authenticate']).to.equal(
      String(known.headers['www-authenticate']).replaceAll('/echo/', '/none/'),
    );
    expect((await ask('/elsewhere')).status).to.equal(404);
    expect((await ask('/echo/mcp', 'PUT')).status).to.equal(405);
    const foreign = await send(gateway.backendUrl('echo'), { body: '', headers: { origin: 'https://evil.example' } });
    expect(foreign.status).to.equal(403);
  });

  it('in numbers get a short challenge of Envoy, and take nothing from other callers', async () => {
    const limited = 'no_token.http_local_rate_limit.rate_limited';
    const before = await counter(limited);
    const checked = await counter('http.mcp.ext_authz.denied');
    const flood = Array.from({ length: 40 }, async () => {
      const statuses: number[] = [];
      for (let n = 0; n < 25; n += 1) {
        const answer = await send(gateway.backendUrl('echo'), { body: '{}' });
        statuses.push(answer.status);
        expect(parse(answer).error?.code, `${answer.status} ${JSON.stringify(answer.headers)} ${answer.body}`).to.equal(
          -32010,
        );
        expect(answer.headers['www-authenticate']).to.match(/^Bearer/);
        expect(answer.headers).not.to.have.property('x-envoy-ratelimited');
      }
      return statuses;
    });
    const good = Array.from({ length: 20 }, () => rpc(gateway.backendUrl('echo'), { token }, 'initialize'));
    expect(new Set((await Promise.all(flood)).flat())).to.deep.equal(new Set([401]));
    for (const { status, body } of await Promise.all(good)) expect(status, body).to.equal(200);
    expect(await counter(limited)).to.be.greaterThan(before + 100);
    expect((await counter('http.mcp.ext_authz.denied')) - checked).to.be.below(900);
    // Another address has an allowance of its own.
    const { received, closed } = dial(head(''), '127.0.0.2');
    await closed;
    expect(received()).to.contain('resource_metadata=');
  });

  it('of pages: a preflight is answered, and many of them are limited', async () => {
    const preflight = (from: string) =>
      dial(
        `OPTIONS /echo/mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: https://page.example\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n`,
        from,
      );
    const first = preflight('127.0.0.3');
    await first.closed;
    expect(first.received()).to.match(/^HTTP\/1\.1 204 /);
    const many = Array.from({ length: 400 }, () => preflight('127.0.0.3'));
    await Promise.all(many.map(({ closed }) => closed));
    expect(many.filter(({ received }) => / 429 /.test(received())).length).to.be.greaterThan(0);
    const other = preflight('127.0.0.4');
    await other.closed;
    expect(other.received()).to.match(/^HTTP\/1\.1 204 /);
  });

  it('that never come: connections without one are closed', async () => {
    const silent = dial('');
    const half = dial('POST /echo/m');
    const headers = dial('POST /echo/mcp HTTP/1.1\r\nhost: a\r\nx-a: ');
    const preface = dial('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const settings = dial('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    const session = connectHttp2(gateway.url);
    await Promise.all([silent, half, headers, preface, settings].map(({ closed }) => closed));
    // One that answers pings stays.
    expect(session.closed || session.destroyed).to.equal(false);
    session.destroy();
  });
});
