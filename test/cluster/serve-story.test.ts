import { expect } from 'chai';
import { stringify } from 'yaml';
import { KubeClient } from '../../k8s/api/client.ts';
import { loadCluster } from '../../k8s/api/credentials.ts';
import { type RunningOperator, startOperator } from '../../k8s/operator/operator.ts';
import { createLogger } from '../../runtime/log.ts';
import { type AdminClient, connectAdmin } from '../control/mcp/admin-client.ts';
import { forEach, openSession, sendSound } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { SDK2_AUTO } from '../support/clients.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { FEATURE_IMAGE, watcherKubeconfig, writeTenants } from './support/fleet.ts';
import { type ClusterGateway, startClusterGateway } from './support/gateway.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { sharedCluster } from './support/shared.ts';

/** A line of the audit log, as ext-authz in a gateway pod writes it. */
const DENIED = {
  time: '2026-01-01T00:00:00Z',
  decision: 'deny',
  reason: 'no-tenant',
  status: 403,
  requestId: 'abcd-1234',
  message: 'No tenant',
};
const says = (text: string) => ({
  entrypoint: [process.execPath, '-e', `console.log(${JSON.stringify(text)}); setInterval(() => {}, 1000)`],
});
const IMAGES = {
  ...FEATURE_IMAGE,
  'test/decides': says(`${JSON.stringify({ level: 30, msg: 'abcd-1234' })}\n${JSON.stringify(DENIED)}`),
  'test/talks': says(`no database; token ghp_${'a'.repeat(36)}`),
};
const NAMES = ['github', 'jira', 'snowflake'];
const TENANTS = `# Who may do what.
tenants:
  - name: engineering   # us
    match: [{claim: tenant, value: engineering}]
    backends: []
  - name: sales
    match: [{claim: tenant, value: sales}]
`;

describe('a fleet in a cluster, from the first registration to the 1001st call', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let api: KubeClient;
  let operator: RunningOperator;
  let gateway: ClusterGateway;
  let client: AdminClient;
  let gatewayNamespace: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    kubelet = await startKubelet({ cluster, images: IMAGES, probeEveryMs: 200 });
    const namespace = await cluster.newNamespace({ nodes: kubelet.nodes });
    gatewayNamespace = await cluster.newNamespace({ nodes: kubelet.nodes });
    await writeTenants(cluster, gatewayNamespace, TENANTS);
    api = new KubeClient(loadCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
    operator = await startOperator({
      ...{ client: api, namespace, gatewayNamespace, bridgeImage: 'bridge:1', publicUrl: 'https://mcp.example.com' },
      ...{ sessionKeysSecret: 'mcp-gateway-session-keys', adminToolsSecret: undefined },
      ...{ tenantsConfigMap: 'mcp-gateway-tenants', healthPort: 0 },
      ...{ leaderElect: false, identity: 'operator', log: createLogger({ name: 'operator', level: 'silent' }) },
      election: { durationMs: 3_000, deadlineMs: 2_000, retryMs: 200 },
    });
    gateway = await startClusterGateway({
      kubeconfig: await watcherKubeconfig(cluster, { backends: namespace, gateway: gatewayNamespace }),
      namespace,
      tenants: { namespace: gatewayNamespace, configMap: 'mcp-gateway-tenants' },
    });
    const { kubeconfig } = cluster;
    client = await connectAdmin([
      '--kubeconfig',
      kubeconfig,
      '--namespace',
      namespace,
      '--gateway-namespace',
      gatewayNamespace,
    ]);
  });
  after(async () => {
    await client?.close();
    await gateway?.stop();
    await operator?.stop();
    api?.close();
    await kubelet?.stop();
  });

  it('registers images and waits until they serve', async () => {
    const progress: string[] = [];
    for (const name of NAMES) {
      const spec = { name, image: 'test/feature:1', drain: '1s', healthCheck: { interval: '1s', timeout: '500ms' } };
      const made = await client.call('register_backend', { ...spec, waitSeconds: 90 }, (message) =>
        progress.push(message),
      );
      expect(made).to.include({
        action: 'created',
        ready: true,
        state: 'serving',
        url: `https://mcp.example.com/${name}/mcp`,
      });
    }
    expect(progress[0]).to.match(/^github: starting/);
    expect(progress.at(-1)).to.equal('snowflake: serving, 1 of 1 replicas healthy');
    const { replicas } = await client.call('backend_status', { name: 'jira' });
    const [replica] = Array.isArray(replicas) ? replicas : [];
    expect(replica).to.include({ id: 'mcp-jira-0', state: 'Running', health: 'healthy', restarts: 0 });
  });

  it('opens them to engineering, whose members can list their tools', async () => {
    const token = await gateway.token({ tenant: 'engineering' });
    expect((await sendSound(gateway.backendUrl('jira'), token)).status).to.equal(404);
    for (const name of NAMES) {
      const { before, after: now } = await client.call('assign_backend', { name, tenants: ['engineering'] });
      expect([before, now]).to.deep.equal([['sales'], ['engineering']]);
    }
    for (const name of NAMES) {
      const user = await eventually(
        () => SDK2_AUTO.connect({ url: gateway.backendUrl(name), token }),
        () => true,
        60_000,
      );
      expect((await user.client.listTools()).tools).to.not.deep.equal([]);
      await user.client.close();
    }
    const sales = await gateway.token({ tenant: 'sales', sub: 'bob' });
    await eventually(
      () => sendSound(gateway.backendUrl('jira'), sales),
      ({ status }) => status === 404,
    );
  });

  it('explains a session only with the keys of the cluster', async () => {
    const { session } = await openSession(gateway.backendUrl('jira'), { token: await gateway.token() }).catch(() => ({
      session: '',
    }));
    // This gateway has different keys, like one of another cluster.
    expect(await client.rejection('explain_session', { sessionId: session || 'x' })).to.include('not a session id');
  });

  it('shows the log of a server, without credentials', async () => {
    const made = await client.call('register_backend', {
      name: 'talks',
      image: 'test/talks:1',
      drain: '0s',
      waitSeconds: 1,
    });
    expect(made).to.include({ ready: false });
    const { replicas } = await eventually(
      () => client.call('backend_status', { name: 'talks' }),
      (status) => JSON.stringify(status.replicas).includes('no database'),
    );
    expect(JSON.stringify(replicas)).to.include('token (hidden)');
    await client.call('remove_backend', { name: 'talks' });
  });

  it('explains a denial from the logs of the gateway pods', async () => {
    const labels = { 'app.kubernetes.io/component': 'gateway', 'app.kubernetes.io/part-of': 'mcp-gateway' };
    // A sidecar, as in the chart.
    const sidecar = { name: 'ext-authz-0', image: 'test/decides:1', restartPolicy: 'Always' };
    const containers = [{ name: 'pod', image: 'test/talks:1' }];
    const spec = { initContainers: [sidecar], containers, terminationGracePeriodSeconds: 0 };
    await cluster.apply(
      stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'gateway-0', labels }, spec }),
      gatewayNamespace,
    );
    const why = await eventually(
      () => client.call('explain_denial', { requestId: 'abcd-1234' }),
      ({ decision }) => decision === 'deny',
    );
    expect(why).to.include({ reason: 'no-tenant', status: 403, message: 'No tenant', time: DENIED.time });
    expect(await client.rejection('explain_denial', { requestId: 'abcd-1235' })).to.include(
      'no decision about the request',
    );
  });

  it('denies the 1001st call of an hour', async () => {
    const set = await client.call('tenant_quota', { tenant_id: 'engineering', requests: 1000, per: 'hour' });
    expect(set).to.deep.include({ after: ['tenant: 1000 per hour'] });
    const token = await gateway.token({ tenant: 'engineering' });
    const call = () =>
      sendSound(gateway.backendUrl('github'), token, { headers: { accept: 'application/json, text/event-stream' } });
    const started = performance.now();
    await eventually(call, ({ headers }) => headers['ratelimit-policy'] !== undefined);
    const answers = await forEach(Array.from({ length: 999 }), 16, call);
    expect(answers.filter(({ status }) => status === 429)).to.deep.equal([]);
    let extra = 0;
    let last = await call();
    for (; last.status !== 429; last = await call()) extra++;
    // One more call is allowed for every 3.6 s that the test took.
    expect(extra).to.be.at.most((performance.now() - started) / 3600 + 1);
  });
});
