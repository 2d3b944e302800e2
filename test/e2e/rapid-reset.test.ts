import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { CALL, callerHeaders, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

/** Calls of ext-authz that are reset. Node's HTTP/2 server tolerates about 1,000 on a connection by default; Envoy has one for each thread. */
const RESETS = 4_000;
const AT_ONCE = 20;
/** On one connection: far more than Envoy tolerates. */
const ROUNDS = 100;

describe('a client that resets its requests', function () {
  this.timeout(60_000);

  let replica: Replica;
  let gateway: TestGateway;
  let token: string;

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      workers: 1,
      backends: { jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` } },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
  });

  const counter = async (name: string) => {
    const text = await askAdmin(join(gateway.stateDir, 'run', 'admin.sock'), 'GET', `/stats?filter=^${name}$`);
    return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
  };

  /** Each thread of Envoy has a connection of its own, which it keeps. */
  const lostConnections = async () =>
    (await counter('cluster.ext-authz.upstream_cx_destroy')) +
    (await counter('cluster.ext-authz.upstream_cx_close_notify'));

  /** Opens streams on one connection and resets them before they are answered, until the gateway ends the connection. */
  const attack = async (headers: Record<string, string>): Promise<void> => {
    const client = connect(gateway.url);
    client.on('error', () => undefined);
    await once(client, 'connect');
    const open = () => !client.closed && !client.destroyed;
    for (let round = 0; round < ROUNDS && open(); round += 1) {
      const calls = Array.from({ length: AT_ONCE }, () => {
        const call = client.request({ ':method': 'POST', ':path': '/jira/mcp', ...headers });
        call.on('error', () => undefined);
        call.end(CALL);
        return call;
      });
      await sleep(1);
      for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
      await setImmediate();
    }
    client.destroy();
  };

  for (const [what, headers] of [
    // In the form of a JWT: Envoy itself answers most requests without one.
    ['with a token of nobody', () => ({ authorization: 'Bearer a.b.c' })],
    ['with a token', () => callerHeaders({ token })],
  ] as const) {
    it(`${what} loses its connections, and no other client notices`, async () => {
      const lost = await lostConnections();
      const cut = await counter('http.mcp.downstream_rq_too_many_premature_resets');
      let attacking = true;
      const statuses: number[] = [];
      const good = (async () => {
        while (attacking) statuses.push((await rpc(gateway.backendUrl('jira'), { token })).status);
      })();
      const reset = () => counter('cluster.ext-authz.upstream_rq_tx_reset');
      const before = await reset();
      while ((await reset()) - before < RESETS) {
        await attack({ 'content-type': 'application/json', ...headers() });
      }
      attacking = false;
      await good;
      expect([...new Set(statuses)], 'statuses of the other client').to.deep.equal([200]);
      expect(await lostConnections(), 'connections to ext-authz that were closed').to.equal(lost);
      expect(await counter('http.mcp.downstream_rq_too_many_premature_resets')).to.be.greaterThan(cut);
    });
  }

  it('a client that cancels some of its requests keeps its connection', async () => {
    const client = connect(gateway.url);
    const send = async () => {
      const call = client.request({
        ':method': 'POST',
        ':path': '/jira/mcp',
        'content-type': 'application/json',
        ...callerHeaders({ token }),
      });
      call.on('error', () => undefined);
      call.end(CALL);
      return call;
    };
    for (let n = 0; n < 300; n += 1) {
      if (n % 3 === 0) (await send()).close(constants.NGHTTP2_CANCEL);
      const call = await send();
      const [{ ':status': status }] = (await once(call, 'response')) as [{ ':status'?: number }];
      call.resume();
      await once(call, 'close');
      expect(status).to.equal(200);
    }
    expect(client.closed || client.destroyed).to.equal(false);
    client.close();
  });
});
