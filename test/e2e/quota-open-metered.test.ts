import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { toReport } from '../../control/tenants/quota-report.ts';
import { CALL, callerHeaders, parse, send } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const PING = '{"jsonrpc":"2.0","id":7,"method":"ping"}';

describe('open requests of a tenant with a quota', function () {
  this.timeout(60_000);

  let server: Server;
  /** Responses that the server holds back. */
  const held: ServerResponse[] = [];
  let gateway: TestGateway;
  let token: string;

  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      if (request.method === 'POST') held.push(response);
      else response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    gateway = await startGateway({
      workers: 1,
      backends: { slow: { name: 'slow', url, affinity: 'none' } },
      tenants: {
        tenants: [
          {
            name: 'engineering',
            match: [{ claim: 'tenant', value: 'engineering' }],
            quota: { requests: 1, per: 'day', burst: 3, maxConcurrent: 1 },
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

  const call = (body = CALL) => {
    const headers = { 'content-type': 'application/json', ...callerHeaders({ token }) };
    return send(gateway.backendUrl('slow'), { headers, body });
  };
  const isHeld = () =>
    eventually(
      () => held.length,
      (length) => length === 1,
    );
  /** Status, and the reported rest. */
  const answered = async (request: ReturnType<typeof call>) => {
    await isHeld();
    held.pop()?.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    const { status, headers } = await request;
    return [status, /"tenant";r=(\d+)/.exec(String(headers.ratelimit))?.[1]];
  };

  it('take a slot before the quota: a request without a slot is not debited, and one that the quota denies keeps no slot', async () => {
    const first = call();
    await isHeld();
    for (let n = 0; n < 5; n++) {
      const denied = await call();
      const data = { tenant: 'engineering', bucket: 'open requests', retryAfterSeconds: 1 };
      expect([denied.status, parse(denied).error?.data]).to.deep.equal([429, data]);
    }
    expect(await answered(first)).to.deep.equal([200, '2']);
    expect(await answered(call())).to.deep.equal([200, '1']);
    expect(await answered(call())).to.deep.equal([200, '0']);
    for (let n = 0; n < 5; n++) {
      expect(parse(await call()).error?.data).to.deep.include({ tenant: 'engineering', bucket: 'tenant' });
      // Free, but it needs a slot.
      expect(await answered(call(PING))).to.deep.equal([200, undefined]);
    }
    const { all } = await eventually(
      async () => {
        const { stdout } = await runCommand(['quota', 'engineering', '--json', '--state-dir', gateway.stateDir]);
        return (JSON.parse(stdout) as ReturnType<typeof toReport>).lastDay;
      },
      ({ all: { requests, refused } }) => requests + refused === 13,
    );
    expect([all.requests, all.cost, all.refused]).to.deep.equal([3, 3, 10]);
  });
});
