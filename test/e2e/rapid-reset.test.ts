import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { CALL, callerHeaders, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

/** More than Node's HTTP/2 server tolerates on a connection by default, which is about 1,000. */
const RESETS = 6_000;
const AT_ONCE = 20;

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

  /** Opens streams on one connection and resets each, until the gateway ends the connection. Returns the number of streams. */
  const attack = async (headers: Record<string, string>, most: number): Promise<number> => {
    const client = connect(gateway.url);
    client.on('error', () => undefined);
    let opened = 0;
    while (opened < most && !client.closed && !client.destroyed) {
      for (let n = 0; n < AT_ONCE && !client.closed && !client.destroyed; n += 1) {
        const call = client.request({ ':method': 'POST', ':path': '/jira/mcp', ...headers });
        call.on('error', () => undefined);
        call.end(CALL);
        await setImmediate();
        call.close(constants.NGHTTP2_CANCEL);
        opened += 1;
      }
      await setImmediate();
    }
    client.destroy();
    return opened;
  };

  for (const [what, headers] of [
    ['without a token', () => ({})],
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
      let resets = 0;
      let ended = 0;
      while (resets < RESETS) {
        resets += await attack({ 'content-type': 'application/json', ...headers() }, RESETS);
        ended += 1;
      }
      attacking = false;
      await good;
      expect([...new Set(statuses)], 'statuses of the other client').to.deep.equal([200]);
      expect(await lostConnections(), 'connections to ext-authz that were closed').to.equal(lost);
      expect(ended, 'connections of the client that resets').to.be.greaterThan(1);
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
