import { expect } from 'chai';
import { askReplica, openSession, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { tlsPair, tlsText } from '../fixtures/tls/files.ts';
import type { Document } from '../support/gateway.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { backendPath, watcherKubeconfig, writeBackend, writeTenants } from './support/fleet.ts';
import { type ClusterGateway, startClusterGateway, TENANTS } from './support/gateway.ts';

const HEALTH = { interval: '500ms', timeout: '400ms' };

describe('what the watcher reads in a cluster', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let proxy: ApiProxy;
  let namespace: string;
  let own: string;
  let gateway: ClusterGateway;
  let token: string;
  let one: Replica;
  let two: Replica;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    // One of its own, whose API server is stopped; nothing here needs controllers.
    cluster = await startCluster({ controllers: false, fakeNodes: 0 });
    proxy = await startApiProxy(cluster);
    [namespace, own] = await Promise.all([cluster.newNamespace(), cluster.newNamespace()]);
    [one, two] = await Promise.all([startReplica({ name: 'one' }), startReplica({ name: 'two' })]);
    await writeTenants(cluster, own, TENANTS);
    await acceptAnything();
    gateway = await startClusterGateway({
      kubeconfig: await watcherKubeconfig(cluster, { backends: namespace, gateway: own }, { server: proxy.server }),
      namespace,
      tenants: { namespace: own, configMap: 'mcp-gateway-tenants' },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await proxy?.stop();
    await cluster?.stop();
    await one?.stop();
    await two?.stop();
  });
  afterEach(() => proxy.clear());

  /** As under the CRD of another version: what is wrong is not refused by the API server. */
  const acceptAnything = async () => {
    const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const version = { name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema } };
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mcpbackends.mcpgateway.dev';
    await cluster.api.patch(crd, { spec: { versions: [version] } });
    const odd = backendPath(namespace, 'odd');
    const isKept = async () => {
      await writeBackend(cluster, namespace, 'odd', { url: 'http://127.0.0.1:9/mcp', odd: true });
      const { spec } = await cluster.api.read(odd);
      await cluster.api.delete(odd);
      return JSON.stringify(spec).includes('odd');
    };
    await eventually(isKept, (kept) => kept);
  };
  const core = (kind: string, name = '') => `/api/v1/namespaces/${namespace}/${kind}${name === '' ? '' : `/${name}`}`;
  const slicePath = (name = '') =>
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices${name && `/${name}`}`;
  const put = (path: string, kind: Document, body: Document) =>
    cluster.api.patch(`${path}?fieldManager=test&force=true`, { ...kind, ...body }, 'apply');
  const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  const addresses = (service: string, port: number, ready = true, name = `${service}-1`) =>
    put(slicePath(name), SLICE, {
      metadata: { name, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready } }],
      ports: [{ name: 'mcp', port, protocol: 'TCP' }],
    });
  const service = (name: string) =>
    put(
      core('services', name),
      { apiVersion: 'v1', kind: 'Service' },
      {
        metadata: { name },
        spec: {
          clusterIP: 'None',
          ports: [
            { name: 'mcp', port: 8080 },
            { name: 'other', port: 9 },
          ],
        },
      },
    );
  const secret = (name: string, data: Record<string, string>) =>
    put(core('secrets', name), { apiVersion: 'v1', kind: 'Secret' }, { metadata: { name }, stringData: data });
  const backend = (name: string, spec: Document) =>
    writeBackend(cluster, namespace, name, { healthCheck: HEALTH, drain: '0s', ...spec });
  const ask = (name: string) => askReplica(gateway.backendUrl(name), { token });
  const answeredBy = (name: string, replica: string) =>
    eventually(
      () => ask(name),
      (answer) => answer.replica === replica,
      40_000,
    );
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((each) => each.name === name);
  const reasons = (name: string, text: RegExp) =>
    eventually(
      () => statusOf(name),
      (status) => (status?.reasons ?? []).some((reason) => text.test(reason)),
    );
  const problems = (text: RegExp) =>
    eventually(
      async () => (await gateway.status()).problems,
      (all) => (all ?? []).some((problem) => text.test(problem)),
    );

  describe('Services', () => {
    it("are nobody else's where the operator runs the backend: what has its name is not asked", async () => {
      await service('mcp-taken');
      await addresses('mcp-taken', one.port);
      await backend('as-service', { service: { name: 'mcp-taken', port: 'mcp' } });
      await answeredBy('as-service', 'one');
      await backend('taken', { image: 'ghcr.io/acme/a:1' });
      await reasons('taken', /it has no pods yet/);
      expect((await statusOf('taken'))?.endpoints ?? []).to.deep.equal([]);
    });

    it('of backends: their endpoints, by the number of a port', async () => {
      await service('by-number');
      await addresses('by-number', one.port);
      await backend('numbered', { service: { name: 'by-number', port: 8080 } });
      await answeredBy('numbered', 'one');
      expect((await statusOf('numbered'))?.endpoints?.map(({ id }) => id)).to.deep.equal([`127.0.0.1:${one.port}`]);
    });

    it('follow their slices: a session goes on while its endpoint is there, and gets 404 once it is not', async () => {
      await service('moving');
      await addresses('moving', one.port);
      await backend('moving', { service: { name: 'moving', port: 'mcp' } });
      const url = gateway.backendUrl('moving');
      const { session } = await eventually(
        () => openSession(url, { token }),
        () => true,
      );
      await addresses('moving', two.port, true, 'moving-2');
      await eventually(
        () => openSession(url, { token }),
        ({ replica }) => replica === 'two',
      );
      expect((await askReplica(url, { token, session })).replica).to.equal('one');
      await cluster.api.delete(slicePath('moving-1'));
      await eventually(
        () => rpc(url, { token, session }),
        ({ status }) => status === 404,
      );
      await answeredBy('moving', 'two');
    });

    it('that are not there, or have no such port, are told', async () => {
      await backend('lost', { service: { name: 'nowhere' } });
      await reasons('lost', /the Service nowhere is not there/);
      await service('portless');
      await addresses('portless', one.port);
      await backend('portless', { service: { name: 'portless', port: 4711 } });
      await reasons('portless', /the Service portless has no port 4711/);
    });
  });

  it('URLs are served as on one machine', async () => {
    await backend('elsewhere', { url: `http://127.0.0.1:${two.port}/mcp` });
    await answeredBy('elsewhere', 'two');
  });

  describe('Secrets', () => {
    it('give a credential; without it requests are refused, and it is told why', async () => {
      const upstreamAuth = { type: 'bearer', secret: { name: 'key', key: 'token' } };
      await backend('guarded', { url: `http://127.0.0.1:${one.port}/mcp`, upstreamAuth });
      await reasons('guarded', /requests are refused: upstreamAuth: the Secret key is not there/);
      await eventually(
        () => rpc(gateway.backendUrl('guarded'), { token }),
        ({ status }) => status === 503,
      );
      await secret('key', { token: 'first\n' });
      await eventually(
        () => ask('guarded'),
        ({ headers }) => headers.authorization === 'Bearer first',
        30_000,
      );
      await secret('key', { token: 'second' });
      await eventually(
        () => ask('guarded'),
        ({ headers }) => headers.authorization === 'Bearer second',
        30_000,
      );
    });

    it('give certificates: the authorities of an https server, and the one that it is shown', async () => {
      const { cert, key } = tlsPair('server');
      const tls = { cert, key, ca: [tlsText('client-one.pem')] };
      const guarded = await startReplica({ name: 'tls', tls });
      try {
        const client = tlsPair('client-one');
        await secret('client', { 'tls.crt': client.cert, 'tls.key': client.key });
        await secret('authorities', { 'ca.crt': tlsText('server.pem') });
        await backend('tls', {
          url: `https://localhost:${guarded.port}/mcp`,
          healthCheck: { type: 'tcp', ...HEALTH },
          caSecret: { name: 'authorities', key: 'ca.crt' },
          clientCertificate: { secret: 'client' },
        });
        await answeredBy('tls', 'tls');
        expect((await ask('tls')).caller).to.equal('client one');
      } finally {
        await guarded.stop();
      }
    });

    it('that no backend names are never asked for, and none is listed', async () => {
      await secret('private', { token: 'x' });
      const asked = proxy.requests.filter(({ path }) => path.includes('/secrets'));
      expect(asked.map(({ path }) => path.split('/').at(-1)))
        .to.include('key')
        .and.not.to.include('private');
      expect(asked.filter(({ path }) => /\/secrets(\?|$)/.test(path))).to.deep.equal([]);
      const kubeconfig = await cluster.kubeconfigFor(own, 'mcp-gateway');
      const list = cluster.kubectl(['get', 'secrets', '--namespace', namespace], { kubeconfig });
      expect(await list.catch(String)).to.match(/cannot list resource "secrets"/);
    });
  });

  it("URLs of the gateway's own machine are not dialled, unless somebody allows it", async () => {
    await backend('local', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('local', 'one');
    const strict = await startClusterGateway({
      kubeconfig: await watcherKubeconfig(cluster, { backends: namespace, gateway: own }),
      namespace,
      tenants: { namespace: own, configMap: 'mcp-gateway-tenants' },
      allowLocalUrls: false,
    });
    try {
      const seen = await eventually(
        async () => (await strict.status()).backends?.find(({ name }) => name === 'local'),
        (status) => (status?.reasons ?? []).some((reason) => /127.0.0.1 is not dialled/.test(reason)),
      );
      expect(seen?.endpoints ?? []).to.deep.equal([]);
    } finally {
      await strict.stop();
    }
  });

  it('a wrong MCPBackend keeps its last good state, and is told', async () => {
    await backend('edited', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('edited', 'one');
    await backend('edited', { url: `http://127.0.0.1:${two.port}/mcp`, colour: 'red' });
    await problems(/^MCPBackend .*\/edited: spec\.colour: unknown key/);
    expect((await ask('edited')).replica).to.equal('one');
    await backend('edited', { url: `http://127.0.0.1:${two.port}/mcp` });
    await answeredBy('edited', 'two');
    expect((await gateway.status()).problems ?? []).to.deep.equal([]);
  });

  it('tenants: an edit is in force, a bad one and a deletion keep the last good ones and are told', async () => {
    await backend('tenanted', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('tenanted', 'one');
    const other = await gateway.token({ tenant: 'sales' });
    const asSales = async () => (await rpc(gateway.backendUrl('tenanted'), { token: other })).status;
    expect(await asSales()).to.equal(403);
    const sales = { name: 'sales', match: [{ claim: 'tenant', value: 'sales' }] };
    const both = { tenants: [...(TENANTS.tenants as Document[]), sales] };
    await writeTenants(cluster, own, both);
    await eventually(asSales, (status) => status === 200);
    await writeTenants(cluster, own, 'tenants: [{nome: x}]');
    await problems(/ConfigMap .*mcp-gateway-tenants: tenants\.yaml:1: tenants\[0\]\.nome: unknown key/);
    expect(await asSales()).to.equal(200);
    await cluster.api.delete(`/api/v1/namespaces/${own}/configmaps/mcp-gateway-tenants`);
    await problems(/ConfigMap .*: it is not there; the last good tenants go on/);
    expect(await asSales()).to.equal(200);
    await writeTenants(cluster, own, TENANTS);
    await eventually(asSales, (status) => status === 403);
    expect((await gateway.status()).problems ?? []).to.deep.equal([]);
  });

  describe('goes on', () => {
    /** Requests of one session, one after the other, for as long as something lasts. Gives what was not answered by `one`. */
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

    it('while the API server is away, and reads on when it is back', async () => {
      const wrong = await steadily(async () => {
        await cluster.stopApiServer();
        await isAway();
        await cluster.startApiServer();
        await appears('after-restart');
      });
      expect(wrong).to.deep.equal([]);
    });

    it('when its watches break, and when the API server has forgotten where they were', async () => {
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

    it('when a watch is silent for ever, as behind a connection that is dead', async () => {
      const { held } = proxy.holdWatches(/mcpbackends/);
      expect(held).to.equal(1);
      await backend('after-silence', { url: `http://127.0.0.1:${two.port}/mcp` });
      await eventually(
        () => ask('after-silence'),
        ({ replica }) => replica === 'two',
        58_000,
      );
    });

    it('without the watcher; one that starts disturbs nobody, even before it can read anything', async () => {
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

    it('says what it may not do, and asks again', async () => {
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

  it('a deleted MCPBackend is gone once it has drained', async () => {
    await backend('short', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('short', 'one');
    await cluster.api.delete(backendPath(namespace, 'short'));
    await eventually(
      async () => (await rpc(gateway.backendUrl('short'), { token })).status,
      (status) => status === 404,
    );
  });
});
