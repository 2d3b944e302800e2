import { expect } from 'chai';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, QUICK_ELECTION, setUpOperator } from './operator-support.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };
const READY = { Accepted: 'True Valid', Ready: 'True ReplicasReady' };

describe('the operator with an API server that fails', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let setup: OperatorSetup;
  let proxy: ApiProxy;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    setup = await setUpOperator(cluster);
    proxy = await startApiProxy(cluster);
    const { token } = cluster;
    await setup.start({ kubeconfig: cluster.writeKubeconfig({ token, server: proxy.server }) });
    await setup.backend('first', IMAGE);
    await setup.until('first', READY);
  });

  afterEach(() => proxy.clear());

  after(async () => {
    await setup.stop();
    await proxy.stop();
  });

  for (const [name, fault] of [
    ['conflict', { kind: 'status', status: 409 }],
    ['error', { kind: 'status', status: 500 }],
    ['unavailable', { kind: 'status', status: 503 }],
    ['reset', { kind: 'reset' }],
    ['lost', { kind: 'lost-answer' }],
  ] as const) {
    it(`retries after: ${name}`, async () => {
      const injected = proxy.inject(
        { method: 'PATCH', path: new RegExp(`mcp-fault-${name}|fault-${name}/status`), times: 3 },
        fault,
      );
      await setup.backend(`fault-${name}`, IMAGE);
      await setup.until(`fault-${name}`, READY);
      expect(injected.hits).to.equal(3);
    });
  }

  it('waits as long as a 429 asks, and works on other backends meanwhile', async () => {
    const injected = proxy.inject(
      { method: 'PATCH', path: /services\/mcp-throttled/, times: 1 },
      { kind: 'status', status: 429, retryAfterSeconds: 3 },
    );
    await setup.backend('throttled', IMAGE);
    await eventually(
      () => injected.hits,
      (hits) => hits === 1,
    );
    await setup.backend('meanwhile', IMAGE);
    await setup.until('meanwhile', READY);
    await setup.until('throttled', READY);
    const isTry = ({ method, path }: { method: string; path: string }) =>
      method === 'PATCH' && path.includes('services/mcp-throttled');
    const tries = proxy.requests.filter(isTry);
    const [first, second] = tries.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).to.be.at.least(3_000);
  });

  it('reports a missing permission, and continues once it is granted', async () => {
    const injected = proxy.inject(
      { method: 'PATCH', path: /statefulsets\/mcp-may-not/, times: 1_000 },
      { kind: 'status', status: 403 },
    );
    await setup.backend('may-not', IMAGE);
    await setup.until('may-not', { Accepted: 'False Forbidden' });
    injected.remove();
    await setup.until('may-not', READY);
  });

  it('lists again when its watches expire', async () => {
    await eventually(
      () => proxy.watches(),
      (open) => open >= 8,
    );
    proxy.expireWatches();
    await setup.backend('expired', IMAGE);
    await setup.until('expired', READY);
    proxy.cutWatches();
    await setup.backend('cut', IMAGE);
    await setup.until('cut', READY);
  });

  it('writes nothing at a resync if nothing changed', async () => {
    const own = await setUpOperator(cluster);
    const kubeconfig = cluster.writeKubeconfig({ token: cluster.token, server: proxy.server });
    const { healthPort } = await own.start({ kubeconfig, resyncMs: 50 });
    await own.backend('still', { ...IMAGE, compute: { limits: { memory: '1024Mi', cpu: '1000m' } } });
    await own.backend('url', { url: 'https://a.example' });
    await own.until('still', READY);
    await own.until('url', { Ready: 'True External' });
    const looks = async () => {
      const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
      return Number(/reconciles_total\{result="ok"\} (\d+)/.exec(text)?.[1]);
    };
    // A reconciliation in progress may still write.
    const settled = await looks();
    await eventually(looks, (count) => count > settled + 10);
    const writes = () => proxy.requests.filter(({ method, path }) => method !== 'GET' && path.includes(own.namespace));
    const before = writes().length;
    const from = await looks();
    await eventually(looks, (count) => count > from + 10);
    expect(writes().slice(before)).to.deep.equal([]);
    await own.stop();
  });
});

describe('the operator with an API server that is restarted', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let setup: OperatorSetup;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await startCluster();
    setup = await setUpOperator(cluster);
  });

  after(async function () {
    this.timeout(30_000);
    await setup.stop();
    await cluster.stop();
  });

  it('stands by while it is down, and continues afterwards', async () => {
    const operator = await setup.start({ leaderElect: true, election: QUICK_ELECTION });
    await setup.backend('one', IMAGE);
    await setup.until('one', READY);
    const leads = async () => (await fetch(`http://127.0.0.1:${operator.healthPort}/metrics`)).text();
    await eventually(leads, (text) => text.includes('operator_leader 1'));
    await cluster.stopApiServer();
    await eventually(leads, (text) => text.includes('operator_leader 0'), 30_000);
    await cluster.startApiServer();
    await setup.backend('two', IMAGE);
    await eventually(
      () => setup.conditions('two'),
      (seen) => seen.Ready === 'True ReplicasReady',
      60_000,
    );
    await eventually(leads, (text) => text.includes('operator_leader 1'));
  });
});
