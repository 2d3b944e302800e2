import { expect } from 'chai';
import { openSession, rpc } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { watcherKubeconfig } from './support/fleet.ts';
import { type WatcherParts, watcherSetup } from './watcher-setup.ts';

describe('the watcher in a cluster keeps serving', function () {
  this.timeout(60_000);
  const setup = watcherSetup();
  const { backend, ask, answeredBy, problems } = setup;
  let cluster: WatcherParts['cluster'];
  let proxy: WatcherParts['proxy'];
  let namespace: WatcherParts['namespace'];
  let own: WatcherParts['own'];
  let gateway: WatcherParts['gateway'];
  let token: WatcherParts['token'];
  let one: WatcherParts['one'];
  let two: WatcherParts['two'];

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    ({ cluster, proxy, namespace, own, gateway, token, one, two } = await setup.start());
  });
  after(() => setup.stop());
  afterEach(() => proxy.clear());

  /** Sends requests of one session, one after the other, while `work` runs. Returns the answers other than 200. */
  const steadily = async (work: () => Promise<unknown>) => {
    await backend('steady', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('steady', 'one');
    const url = gateway.backendUrl('steady');
    const { session } = await openSession(url, { token });
    let going = true;
    const wrong: string[] = [];
    const asking = (async () => {
      while (going) {
        const { status, body } = await rpc(url, { token, session });
        if (status !== 200) wrong.push(`${status} ${body}`);
      }
    })();
    try {
      await work();
    } finally {
      going = false;
      await asking;
    }
    return wrong;
  };
  const appears = async (name: string) => {
    await backend(name, { url: `http://127.0.0.1:${two.port}/mcp` });
    await answeredBy(name, 'two');
  };
  const isAway = () => problems(/cannot be reached/);

  it('while the API server is down, and reads changes when it is back', async () => {
    const wrong = await steadily(async () => {
      await cluster.stopApiServer();
      await isAway();
      await cluster.startApiServer();
      await appears('after-restart');
    });
    expect(wrong).to.deep.equal([]);
  });

  it('when its watches break, and when the API server no longer has their version', async () => {
    const wrong = await steadily(async () => {
      await eventually(
        () => proxy.watches(),
        (count) => count === 5,
      );
      proxy.cutWatches();
      await appears('after-cut');
      proxy.expireWatches();
      await appears('after-expiry');
      const listed = proxy.requests.filter(({ path }) => /mcpbackends\?limit/.test(path)).length;
      proxy.inject({ watch: true, path: /mcpbackends/, times: 2 }, { kind: 'expired' });
      proxy.cutWatches(/mcpbackends/);
      await appears('after-two-expiries');
      expect(proxy.requests.filter(({ path }) => /mcpbackends\?limit/.test(path)).length).to.be.greaterThan(listed);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('when the API server is overloaded or broken for a while', async () => {
    const wrong = await steadily(async () => {
      proxy.inject({ path: /mcpbackends/, times: 1 }, { kind: 'status', status: 429, retryAfterSeconds: 1 });
      proxy.inject({ path: /mcpbackends/, times: 2 }, { kind: 'status', status: 500 });
      proxy.inject({ path: /mcpbackends/, times: 1 }, { kind: 'reset' });
      proxy.cutWatches(/mcpbackends/);
      await appears('after-trouble');
    });
    expect(wrong).to.deep.equal([]);
  });

  it('when a watch stays silent, as on a dead connection', async () => {
    const { held } = proxy.holdWatches(/mcpbackends/);
    expect(held).to.equal(1);
    await backend('after-silence', { url: `http://127.0.0.1:${two.port}/mcp` });
    await eventually(
      () => ask('after-silence'),
      ({ replica }) => replica === 'two',
      58_000,
    );
  });

  it('without the watcher; a starting one breaks nothing, even before it can read anything', async () => {
    const wrong = await steadily(async () => {
      await gateway.end('watcher', 'SIGKILL');
      const stalled = proxy.inject({ path: /endpointslices/, times: 100 }, { kind: 'stall' });
      await gateway.start('watcher');
      await eventually(
        () => proxy.requests.filter(({ path }) => path.includes('mcpbackends')).length,
        (count) => count > 0,
      );
      await eventually(
        () => gateway.status(),
        ({ backends = [] }) => backends.length === 0,
      );
      stalled.remove();
      await appears('after-watcher');
    });
    expect(wrong).to.deep.equal([]);
  });

  it('and reports a missing permission, and retries', async () => {
    await cluster.api.delete(
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/mcp-gateway-watcher`,
    );
    proxy.cutWatches(/pods/);
    await problems(/cannot (watch|list) pods in the namespace .*forbidden/);
    await watcherKubeconfig(cluster, { backends: namespace, gateway: own });
    await eventually(
      async () => (await gateway.status()).problems ?? [],
      (all) => all.length === 0,
      30_000,
    );
  });
});
