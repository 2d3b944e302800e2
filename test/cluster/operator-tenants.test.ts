import { expect } from 'chai';
import { z } from 'zod';
import { parseSessionKeys } from '../../core/session/keys.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, setUpOperator } from './operator-support.ts';
import { startApiProxy } from './support/api-proxy.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const GOOD = 'tenants: [{name: a, match: [{claim: department, value: a}]}]';
const BAD = 'tenants: [{name: A, match: []}]\nother: 1';

describe('the operator with the tenants and Secrets of the gateway', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let setup: OperatorSetup;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
  });

  beforeEach(async () => {
    setup = await setUpOperator(cluster);
  });

  afterEach(() => setup.stop());

  const maps = () => `/api/v1/namespaces/${setup.gatewayNamespace}/configmaps`;
  const edit = (text: string) => cluster.api.patch(`${maps()}/mcp-gateway-tenants`, { data: { 'tenants.yaml': text } });
  const notes = async () => {
    const events = await cluster.api.list(`/apis/events.k8s.io/v1/namespaces/${setup.gatewayNamespace}/events`);
    const schema = z.looseObject({
      reason: z.string(),
      note: z.string(),
      type: z.string(),
      regarding: z.looseObject({ kind: z.string(), name: z.string() }),
    });
    return events.map((event) => schema.parse(event)).filter(({ reason }) => reason === 'InvalidTenants');
  };

  it('reports an invalid edit on the ConfigMap and on every MCPBackend, and its correction', async () => {
    await setup.start();
    await setup.backend('a', { url: 'https://a.example' });
    await setup.backend('b', { url: 'https://b.example' });
    await setup.until('a', { TenantsValid: 'Unknown TenantsMissing' });
    await cluster.api.create(maps(), { metadata: { name: 'mcp-gateway-tenants' }, data: { 'tenants.yaml': GOOD } });
    await setup.until('a', { TenantsValid: 'True Valid' });
    await edit(BAD);
    for (const name of ['a', 'b']) {
      await setup.until(name, { TenantsValid: 'False InvalidTenants', Ready: 'True External' });
      const message = await setup.message(name, 'TenantsValid');
      expect(message).to.contain('tenants[0].name').and.contain('tenants[0].match').and.contain('other: unknown key');
    }
    const [event, ...more] = await eventually(notes, (found) => found.length > 0);
    expect(more).to.deep.equal([]);
    expect(event).to.deep.include({ type: 'Warning' });
    expect(event?.regarding).to.deep.include({ kind: 'ConfigMap', name: 'mcp-gateway-tenants' });
    expect(event?.note).to.contain('tenants[0].name').and.contain('other: unknown key');
    await edit(GOOD);
    await setup.until('b', { TenantsValid: 'True Valid' });
  });

  it('creates the session keys if they are missing, and never changes them', async () => {
    const secrets = `/api/v1/namespaces/${setup.gatewayNamespace}/secrets`;
    const read = async () => {
      const secret = z
        .object({ metadata: z.object({ resourceVersion: z.string() }), data: z.record(z.string(), z.string()) })
        .parse(await cluster.api.get(`${secrets}/mcp-gateway-session-keys`));
      return {
        version: secret.metadata.resourceVersion,
        text: Buffer.from(secret.data['session-keys'] ?? '', 'base64').toString(),
      };
    };
    const first = await setup.start();
    const { version, text } = await eventually(read, () => true);
    expect(parseSessionKeys(text, 'keys').ok).to.equal(true);
    await first.stop();
    await setup.start();
    await setup.backend('a', { url: 'https://a.example' });
    await setup.until('a', { Ready: 'True External' });
    expect((await read()).version).to.equal(version);
    // An invalid Secret is not changed either.
    await cluster.api.patch(`${secrets}/mcp-gateway-session-keys`, { stringData: { 'session-keys': 'none' } });
    const proxy = await startApiProxy(cluster);
    const kubeconfig = cluster.writeKubeconfig({ token: cluster.token, server: proxy.server });
    const third = await setup.start({ kubeconfig });
    await eventually(
      () => proxy.requests.find(({ path }) => path.includes('/secrets/')),
      (request) => request?.status === 200,
    );
    await third.stop();
    await proxy.stop();
    expect(proxy.requests.filter(({ path, method }) => path.includes('/secrets') && method !== 'GET')).to.deep.equal(
      [],
    );
    expect((await read()).text).to.equal('none');
  });
});
