import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { openSession, REPLICA_PROGRAM, rpc, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const MIB = 2 ** 20;
const HEAP_MIB = 512;
/** All but the last byte of the largest body, so that Envoy keeps it and waits. */
const BODY = Buffer.alloc(MIB - 1, 0x20);

describe('bodies that would fill the memory of Envoy', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let token: string;
  let url: string;
  let port: number;
  const ends: (() => void)[] = [];

  before(async () => {
    gateway = await startGateway({
      backends: { echo: { name: 'echo', command: [process.execPath, REPLICA_PROGRAM] } },
      settings: { listen: { heapMiB: HEAP_MIB } },
    });
    token = await gateway.token();
    url = gateway.backendUrl('echo');
    port = Number(new URL(gateway.url).port);
  });
  after(() => gateway?.stop());
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const stat = async (name: string): Promise<number> => {
    const text = await askAdmin(join(gateway.stateDir, 'run', 'admin.sock'), 'GET', `/stats?filter=^${name}$`);
    return Number(text.split(': ')[1] ?? 0);
  };

  const head = (length: string) =>
    `POST /echo/mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer a.b.c\r\ncontent-type: application/json\r\n${length}`;

  it('are not read if the token is not valid', async () => {
    const { session } = await openSession(url, { token });
    const answers = Array.from({ length: 300 }, () => {
      const socket: Socket = connect(port, '127.0.0.1');
      ends.push(() => socket.destroy());
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.write(head(`content-length: ${MIB}\r\n\r\n`));
      socket.write(BODY);
      return new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
    });
    const statuses: number[] = [];
    let done = false;
    const all = Promise.all(answers).finally(() => {
      done = true;
    });
    while (!done) {
      statuses.push((await rpc(url, { token, session }, 'ping')).status);
    }
    // A connection that is closed in the middle of a body may lose the answer.
    const texts = (await all).filter((text) => text !== '');
    expect(texts.length).to.be.greaterThan(0);
    for (const text of texts) expect(text).to.match(/^HTTP\/1\.1 401 /);
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    await eventually(
      () => stat('server.memory_allocated'),
      (bytes) => bytes < 100 * MIB,
    );
  });

  it('are sent by a caller once the token was checked, and checked, charged and recorded once', async () => {
    const before = await stat('http.mcp.ext_authz.caller.ok');
    const body = (length: number) => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'anything', x: '' } });
      return text.replace('"x":""', `"x":"${'y'.repeat(length - text.length)}"`);
    };
    const { session } = await openSession(url, { token });
    const headers = {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', 'mcp-session-id': session },
      accept: 'application/json, text/event-stream',
    };
    for (const length of [9_999, 10_000, MIB]) {
      const answer = await send(url, { headers, body: body(length) });
      expect(answer.status, `${length} bytes`).to.equal(200);
    }
    expect((await stat('http.mcp.ext_authz.caller.ok')) - before).to.equal(2);
  });

  it('are denied if they are longer than 1 MiB, however long', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (const length of [MIB + 1, 1.1 * MIB, 2 * MIB, 8 * MIB].map(Math.ceil)) {
      // A connection that is closed in the middle of a body may lose the answer.
      const status = await send(url, { headers, body: ' '.repeat(length) }).then(
        (answer) => answer.status,
        () => 413,
      );
      expect(status, `${length} bytes`).to.equal(413);
    }
  });

  it('of callers with a token are ended near the limit, and Envoy continues', async () => {
    for (let n = 0; n < 12; n += 1) {
      const client = connectHttp2(gateway.url);
      ends.push(() => client.destroy());
      client.on('error', () => undefined);
      for (let stream = 0; stream < 90; stream += 1) {
        const request = client.request({
          ...{ ':method': 'POST', ':path': '/echo/mcp', authorization: `Bearer ${token}` },
          ...{ 'content-type': 'application/json', 'content-length': String(MIB) },
        });
        request.on('error', () => undefined);
        request.write(BODY);
      }
    }
    let peak = 0;
    await eventually(
      async () => {
        peak = Math.max(peak, await stat('server.memory_physical_size'));
        return stat('envoy.overload_actions.reset_high_memory_stream.count');
      },
      (count) => count > 0,
    );
    for (let n = 0; n < 20; n += 1) {
      peak = Math.max(peak, await stat('server.memory_physical_size'));
      await sleep(50);
    }
    expect(peak / MIB).to.be.below(2 * HEAP_MIB);
    for (const end of ends.splice(0)) end();
    await eventually(
      () => rpc(url, { token }, 'initialize'),
      ({ status }) => status === 200,
    );
  });
});
