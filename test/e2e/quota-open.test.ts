import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { callerHeaders, open, parse, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const CALL = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}';
const DISCOVER = '{"jsonrpc":"2.0","id":7,"method":"server/discover"}';

describe('open requests of a tenant', function () {
  this.timeout(60_000);

  let server: Server;
  /** Responses that the server holds back. */
  let held: ServerResponse[];
  let gateway: TestGateway;
  let token: string;

  const headers = () => ({ 'content-type': 'application/json', ...callerHeaders({ token }) });
  const call = (body = CALL) => send(gateway.backendUrl('slow'), { headers: headers(), body });
  const stream = () => open(gateway.backendUrl('slow'), { method: 'GET', headers: headers() });
  const holding = (count: number) =>
    eventually(
      () => held.length,
      (length) => length === count,
    );
  const answer = () => held.shift()?.writeHead(200, { 'content-type': 'application/json' }).end('{}');

  before(async () => {
    held = [];
    server = createServer((request, response) => {
      request.resume();
      if (request.url === '/healthz') return void response.end();
      if (request.method === 'GET')
        return void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
      held.push(response);
      response.on('close', () => {
        held = held.filter((other) => other !== response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    gateway = await startGateway({
      backends: { slow: { name: 'slow', url, affinity: 'none' } },
      tenants: {
        tenants: [
          {
            name: 'engineering',
            match: [{ claim: 'tenant', value: 'engineering' }],
            quota: { maxConcurrent: 2, maxStreams: 1 },
          },
        ],
      },
    });
    token = await gateway.token();
  });
  after(async () => {
    server?.closeAllConnections();
    server?.close();
    await gateway?.stop();
  });
  afterEach(async () => {
    while (held.length > 0) answer();
    await holding(0);
  });

  it('are as many as allowed, and one more when one has ended', async () => {
    const first = [call(), call()];
    await holding(2);
    const denied = await call();
    expect(denied.status).to.equal(429);
    expect(denied.headers['retry-after']).to.equal('1');
    const { id, error } = parse(denied);
    expect([id, error?.code, error?.data]).to.deep.equal([
      7,
      -32013,
      { tenant: 'engineering', bucket: 'open requests', retryAfterSeconds: 1 },
    ]);
    answer();
    await Promise.race(first);
    const next = call();
    await holding(2);
    answer();
    answer();
    const statuses = (await Promise.all([...first, next])).map(({ status }) => status);
    expect(statuses).to.deep.equal([200, 200, 200]);
  });

  it('never block sequential requests', async () => {
    const answering = setInterval(answer, 1);
    try {
      for (let count = 0; count < 100; count++) expect((await call()).status).to.equal(200);
    } finally {
      clearInterval(answering);
    }
  });

  it('are released when clients leave', async () => {
    for (let count = 0; count < 3; count++) {
      const requests = [1, 2].map(() => open(gateway.backendUrl('slow'), { headers: headers(), body: CALL }));
      await holding(2);
      for (const response of held) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
      for (const response of await Promise.all(requests)) response.destroy();
      await holding(0);
    }
    const request = call();
    await holding(1);
    answer();
    expect((await request).status).to.equal(200);
  });

  it('do not include streams, which count separately for as long as they are open', async () => {
    const one = await stream();
    expect(one.statusCode).to.equal(200);
    const two = await stream();
    expect(two.statusCode).to.equal(429);
    two.destroy();
    const request = call();
    await holding(1);
    answer();
    expect((await request).status).to.equal(200);
    one.destroy();
    await eventually(
      async () => {
        const again = await stream();
        again.destroy();
        return again.statusCode;
      },
      (status) => status === 200,
    );
  });

  it('do not matter to server/discover', async () => {
    const full = [call(), call()];
    await holding(2);
    const discover = call(DISCOVER);
    await holding(3);
    while (held.length > 0) answer();
    expect((await discover).status).to.equal(200);
    await Promise.all(full);
  });
});
