import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { type Answer, parse, rpc, send } from '../fixtures/replica-server/client.ts';
import { childrenOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

/** Far longer than the pauses between retries, and far shorter than the deadlines of the services. */
const HELD_MS = 2_000;
/** Longer than the deadline of a message to ext-proc. */
const HELD_LONG_MS = 6_000;

describe('deadlines of the services', function () {
  this.timeout(60_000);

  let replica: Replica;
  let gateway: TestGateway;
  let token: string;
  let stopped: number[] = [];

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      workers: 1,
      backends: {
        jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` },
        filtered: { name: 'filtered', url: `http://127.0.0.1:${replica.port}/mcp`, tools: { deny: ['drop_*'] } },
      },
      tenants: {
        tenants: [
          {
            ...{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] },
            quota: { requests: 1_000, per: 'day' },
          },
        ],
      },
    });
    token = await gateway.token();
  });
  after(async () => {
    resume();
    await gateway?.stop();
    await replica?.stop();
  });

  const call = (method?: string) => rpc(gateway.backendUrl('jira'), { token }, method);

  /** Stops all processes of a service: their sockets accept calls, and no call is answered. */
  const hold = (service: string) => {
    stopped = [...childrenOf(gateway.stateDir)].flatMap(([name, pid]) => (name.startsWith(`${service}-`) ? [pid] : []));
    expect(stopped).to.have.length.greaterThan(0);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  };
  const resume = () => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    stopped = [];
  };
  const counter = async (name: string) => {
    const text = await askAdmin(join(gateway.stateDir, 'run', 'admin.sock'), 'GET', `/stats?filter=^${name}$`);
    return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
  };
  const linesOf = ({ headers }: Answer) =>
    readFileSync(join(gateway.stateDir, 'audit.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { requestId?: string })
      .filter(({ requestId }) => requestId === headers['x-request-id']);
  /** What is left of the tenant's quota, after one more request. */
  const left = async () => Number(/"tenant";r=(\d+)/.exec(String((await call()).headers.ratelimit))?.[1]);

  /** How many calls Envoy makes to a service meanwhile, and how many of them are retries. */
  const callsDuring = async <T>(service: string, work: () => Promise<T>) => {
    const names = [`cluster.${service}.upstream_rq_total`, `cluster.${service}.upstream_rq_retry`];
    const before = await Promise.all(names.map(counter));
    const outcome = await work();
    const after = await Promise.all(names.map(counter));
    return { outcome, calls: after.map((value, index) => value - (before[index] ?? 0)) };
  };
  const whileHeld = async (method?: string) => {
    const answer = call(method);
    await sleep(HELD_MS);
    resume();
    return answer;
  };

  it('ext-authz: a slow check is one call, is answered, and is charged and recorded once', async () => {
    const before = await left();
    hold('ext-authz');
    const { outcome, calls } = await callsDuring('ext-authz', () => whileHeld());
    expect([outcome.status, ...calls]).to.deep.equal([200, 1, 0]);
    expect(await left()).to.equal(before - 2);
    await eventually(
      () => linesOf(outcome).length,
      (lines) => lines === 1,
    );
  });

  it('ext-authz: a check that is not answered is one call, and gets 503', async () => {
    hold('ext-authz');
    const { outcome, calls } = await callsDuring('ext-authz', () => call());
    resume();
    expect([outcome.status, parse(outcome).error?.code, ...calls]).to.deep.equal([503, -32014, 1, 0]);
    expect(outcome.headers['retry-after']).to.equal('1');
    expect((await call()).status).to.equal(200);
    await eventually(
      () => linesOf(outcome).length,
      (lines) => lines === 1,
    );
  });

  it('the metadata listener: a request that is not answered gets 503', async () => {
    hold('ext-authz');
    const answer = await send(`${gateway.url}/.well-known/oauth-protected-resource`, { method: 'GET' });
    resume();
    expect([answer.status, parse(answer).error?.code]).to.deep.equal([503, -32014]);
  });

  it('ext-proc: a slow answer is one call', async () => {
    hold('ext-proc');
    const { outcome, calls } = await callsDuring('ext-proc', () => whileHeld('initialize'));
    expect([outcome.status, ...calls]).to.deep.equal([200, 1, 0]);
    expect(outcome.headers['mcp-session-id']).to.be.a('string');
  });

  it('ext-proc: a response that is not answered is one call, and gets 503', async () => {
    hold('ext-proc');
    const { outcome, calls } = await callsDuring('ext-proc', () => call('initialize'));
    resume();
    expect([outcome.status, parse(outcome).error?.code, ...calls]).to.deep.equal([503, -32014, 1, 0]);
    expect(outcome.headers['retry-after']).to.equal('1');
    expect(outcome.headers).not.to.have.property('mcp-session-id');
  });

  it('ext-proc: a list that is filtered has no deadline, and is one call', async () => {
    hold('ext-proc');
    const { outcome, calls } = await callsDuring('ext-proc', async () => {
      const answer = rpc(gateway.backendUrl('filtered'), { token }, 'tools/list');
      await sleep(HELD_LONG_MS);
      resume();
      return answer;
    });
    expect([outcome.status, ...calls]).to.deep.equal([200, 1, 0]);
  });

  it('an idle connection to a server is closed by Envoy', async () => {
    const sockets: Socket[] = [];
    // This server never closes an idle connection.
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":"call","result":{}}');
    });
    server.on('connection', (socket: Socket) => sockets.push(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/mcp`;
      gateway.writeBackend('idle', { name: 'idle', url, healthCheck: { type: 'none' } });
      await eventually(
        () => rpc(gateway.backendUrl('idle'), { token }),
        ({ status }) => status === 200,
      );
      await eventually(
        () => sockets.map(({ readableEnded }) => readableEnded),
        (ended) => ended.length > 0 && ended.every(Boolean),
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
