import { expect } from 'chai';
import { askReplica, openSession, rpc } from '../fixtures/replica-server/client.ts';
import { startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { tlsPair, tlsText } from '../fixtures/tls/files.ts';
import type { Document } from '../support/gateway.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { backendPath, watcherKubeconfig, writeTenants } from './support/fleet.ts';
import { startClusterGateway, TENANTS } from './support/gateway.ts';
import { HEALTH, type WatcherParts, watcherSetup } from './watcher-setup.ts';

describe('what the watcher reads in a cluster', function () {
  this.timeout(60_000);
  const setup = watcherSetup();
  const { service, addresses, secret, backend, ask, answeredBy, statusOf, reasons, problems, slicePath } = setup;
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

  describe('Services', () => {
    it('of the same name are not used for a backend that the operator runs', async () => {
      await service('mcp-taken');
      await addresses('mcp-taken', one.port);
      await backend('as-service', { service: { name: 'mcp-taken', port: 'mcp' } });
      await answeredBy('as-service', 'one');
      await backend('taken', { image: 'ghcr.io/acme/a:1' });
      await reasons('taken', /pod/);
      expect((await statusOf('taken'))?.endpoints ?? []).to.deep.equal([]);
    });

    it('give backends their endpoints, by port number', async () => {
      await service('by-number');
      await addresses('by-number', one.port);
      await backend('numbered', { service: { name: 'by-number', port: 8080 } });
      await answeredBy('numbered', 'one');
      expect((await statusOf('numbered'))?.endpoints?.map(({ id }) => id)).to.deep.equal([`127.0.0.1:${one.port}`]);
    });

    it('follow their slices: a session continues while its endpoint exists, and gets 404 afterwards', async () => {
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

    it('that do not exist, or lack the port, are reported', async () => {
      await backend('lost', { service: { name: 'nowhere' } });
      await reasons('lost', /Service nowhere/);
      await service('portless');
      await addresses('portless', one.port);
      await backend('portless', { service: { name: 'portless', port: 4711 } });
      await reasons('portless', /Service portless .*4711/);
    });
  });

  it('URLs are served as on one machine', async () => {
    await backend('elsewhere', { url: `http://127.0.0.1:${two.port}/mcp` });
    await answeredBy('elsewhere', 'two');
  });

  describe('Secrets', () => {
    it('give a credential; without it requests are denied, and the status has the reason', async () => {
      const upstreamAuth = { type: 'bearer', secret: { name: 'key', key: 'token' } };
      await backend('guarded', { url: `http://127.0.0.1:${one.port}/mcp`, upstreamAuth });
      await reasons('guarded', /upstreamAuth: .*Secret key/);
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

    it('give certificates: the CA of an https server, and the client certificate', async () => {
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

    it('are read only if a backend names them, and never listed', async () => {
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

  it("URLs of the gateway's own machine are not used unless they are allowed", async () => {
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
        (status) => (status?.reasons ?? []).some((reason) => reason.includes('127.0.0.1')),
      );
      expect(seen?.endpoints ?? []).to.deep.equal([]);
    } finally {
      await strict.stop();
    }
  });

  it('an invalid MCPBackend keeps its last good state, and is reported', async () => {
    await backend('edited', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('edited', 'one');
    await backend('edited', { url: `http://127.0.0.1:${two.port}/mcp`, colour: 'red' });
    await problems(/^MCPBackend .*\/edited: spec\.colour: unknown key/);
    expect((await ask('edited')).replica).to.equal('one');
    await backend('edited', { url: `http://127.0.0.1:${two.port}/mcp` });
    await answeredBy('edited', 'two');
    expect((await gateway.status()).problems ?? []).to.deep.equal([]);
  });

  it('tenants: a valid edit takes effect; an invalid one and a deletion keep the last good tenants and are reported', async () => {
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
    await problems(/ConfigMap .*: does not exist/);
    expect(await asSales()).to.equal(200);
    await writeTenants(cluster, own, TENANTS);
    await eventually(asSales, (status) => status === 403);
    expect((await gateway.status()).problems ?? []).to.deep.equal([]);
  });

  it('a deleted MCPBackend is removed after it has drained', async () => {
    await backend('short', { url: `http://127.0.0.1:${one.port}/mcp` });
    await answeredBy('short', 'one');
    await cluster.api.delete(backendPath(namespace, 'short'));
    await eventually(
      async () => (await rpc(gateway.backendUrl('short'), { token })).status,
      (status) => status === 404,
    );
  });
});
