import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { quotaResult } from '../../control/results.ts';
import { askQuota } from '../../runtime/policy/quota.ts';
import { sendSound } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { writeBackend, writeTenants } from './support/fleet.ts';
import { type ClusterGateway, startClusterGateway } from './support/gateway.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { sharedCluster } from './support/shared.ts';

const LABELS = { 'app.kubernetes.io/component': 'gateway', 'app.kubernetes.io/part-of': 'mcp-gateway' };
const TENANTS = {
  tenants: [
    {
      name: 'engineering',
      match: [{ claim: 'tenant', value: 'engineering' }],
      backends: ['*'],
      quota: { requests: 10, per: 'day', backends: { github: { requests: 100, per: 'day' } } },
    },
  ],
};
const IMAGES = {
  'test/idle': { entrypoint: [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'] },
  'test/pod': {
    entrypoint: [process.execPath, join(PROJECT, 'cli', 'bin.js'), 'pod', '--port', '9090'],
    adapt: (started: { command: string[]; env: Record<string, string>; cwd: string }, pod: { address: string }) => ({
      ...started,
      command: [...started.command, '--address', pod.address],
    }),
  },
};

describe('the quota use of a tenant at the gateways of a cluster', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let proxy: ApiProxy;
  let replica: Awaited<ReturnType<typeof startReplica>>;
  let namespace: string;
  let gatewayNamespace: string;
  let administrator: string;
  const gateways: ClusterGateway[] = [];

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    proxy = await startApiProxy(cluster);
    kubelet = await startKubelet({ cluster, images: IMAGES });
    replica = await startReplica({ name: 'github' });
    namespace = await cluster.newNamespace();
    gatewayNamespace = await cluster.newNamespace({ nodes: kubelet.nodes });
    await writeTenants(cluster, gatewayNamespace, TENANTS);
    await writeBackend(cluster, namespace, 'github', { url: `http://127.0.0.1:${replica.port}/mcp`, affinity: 'none' });
    const throughProxy = cluster.writeKubeconfig({ token: cluster.token, server: proxy.server });
    for (const [name, kubeconfig] of Object.entries({ a: cluster.kubeconfig, b: throughProxy })) {
      const gateway = await startClusterGateway({
        kubeconfig,
        namespace,
        tenants: { namespace: gatewayNamespace, configMap: 'mcp-gateway-tenants' },
        // As with an autoscaler: the configuration allows more gateways than are running.
        settings: { quotas: { gateways: 5 } },
      });
      gateways.push(gateway);
      await addPod(`gateway-${name}`, dirname(gateway.adminSocket));
    }
    administrator = await userWith('administrator');
  });
  after(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await kubelet?.stop();
    await proxy?.stop();
    await replica?.stop();
  });

  const addPod = async (name: string, sockets: string, image = 'test/pod') => {
    const ports = [{ name: 'metrics', containerPort: 9090 }];
    const containers = [{ name: 'pod', image, args: ['--sockets', sockets], ports }];
    const initContainers = [{ name: 'ext-authz-0', image: 'test/idle', restartPolicy: 'Always' }];
    const spec = { initContainers, containers, terminationGracePeriodSeconds: 0 };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: LABELS }, spec };
    await cluster.apply(stringify(pod), gatewayNamespace);
  };

  /** A user with the permissions in docs/operating.md, or fewer. */
  const userWith = async (name: string, change: (rules: string) => string = (rules) => rules) => {
    const page = readFileSync(join(PROJECT, 'docs', 'operating.md'), 'utf8');
    const rules = /^## Permissions[\s\S]*?```yaml\n([\s\S]*?)```/m.exec(page)?.[1] ?? '';
    const roles = change(rules)
      .replaceAll('mcp-gateway-administrator, namespace: mcp-gateway}', `${name}, namespace: ${gatewayNamespace}}`)
      .replaceAll('mcp-gateway-administrator, namespace: mcp}', `${name}, namespace: ${namespace}}`);
    await cluster.apply(roles);
    const subjects = [{ kind: 'ServiceAccount', name, namespace: gatewayNamespace }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    for (const place of [namespace, gatewayNamespace]) {
      await cluster.apply(stringify({ apiVersion, kind: 'RoleBinding', metadata: { name }, roleRef, subjects }), place);
    }
    return cluster.kubeconfigFor(gatewayNamespace, name, { server: proxy.server });
  };
  const quota = async (kubeconfig: string, ...args: string[]) => {
    const place = ['--kubeconfig', kubeconfig, '--namespace', namespace, '--gateway-namespace', gatewayNamespace];
    const { code, stdout, stderr } = await runCommand(['quota', 'engineering', ...args, ...place]);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const report = async (kubeconfig: string, ...args: string[]) =>
    quotaResult.parse(JSON.parse(await quota(kubeconfig, '--json', ...args)));

  it('is summed up, and so is what is left', async () => {
    for (const [index, gateway] of gateways.entries()) {
      const call = async (sub: string) => sendSound(gateway.backendUrl('github'), await gateway.token({ sub }));
      await eventually(
        () => call('alice'),
        ({ status }) => status !== 404,
      );
      // Each gateway has 2 of the 10.
      if (index === 1) for (const sub of ['bob', 'bob']) await call(sub);
    }
    const answer = await eventually(
      () => report(administrator),
      ({ lastHour }) => lastHour?.all.requests === 3 && lastHour.all.refused === 1,
    );
    expect(answer).to.deep.include({ inForce: true, notes: [] });
    const alice = { name: 'alice', requests: 2, cost: 2, refused: 0, wouldRefuse: 0 };
    const bob = { name: 'bob', requests: 1, cost: 1, refused: 1, wouldRefuse: 0 };
    expect(answer.lastDay?.users).to.have.deep.members([alice, bob]);
    // Two of at most five gateways are running: they have 4 of the 10, and 40 of the 100.
    expect(answer.limits?.map(({ left }) => left)).to.deep.equal([1, 37]);
    const table = await quota(administrator);
    expect(table)
      .to.include('left now')
      .and.include('LAST HOUR')
      .and.match(/user bob +1 +1 +1 +0/);
  });

  it('changes once every gateway has the new limits', async () => {
    const tenants = proxy.holdWatches(/configmaps.*mcp-gateway-tenants/);
    expect(tenants.held).to.equal(1);
    let ended = false;
    const change = report(administrator, '--set', 'requests=20', '--top-up', '5', '--for', '1h').finally(() => {
      ended = true;
    });
    const [socket = ''] = gateways.map(({ adminSocket }) => join(dirname(adminSocket), 'watcher.sock'));
    await eventually(
      () => askQuota(socket, 'engineering', 1),
      ({ quota: limits }) => limits?.tenant?.requests === 20,
    );
    const asked = () => proxy.requests.filter(({ path }) => path.endsWith('/quotas/engineering')).length;
    const before = asked();
    await eventually(asked, (count) => count >= before + 4);
    expect(ended).to.equal(false);
    tenants.release();
    const answer = await change;
    expect(answer).to.include({ changed: true, inForce: true });
    expect(answer.limits?.[0]).to.include({ name: 'tenant', requests: 20, left: 7 });
  });

  it('names a missing permission, and shows the rest', async () => {
    const user = await userWith('onlooker', (rules) => rules.replace(/.*pods\/proxy.*\n/, ''));
    const answer = await report(user);
    expect(answer.after[0]).to.equal('tenant: 20 per day');
    expect(answer).to.include({ inForce: null, limits: null, lastHour: null });
    expect(answer.notes).to.have.length(1);
    expect(answer.notes[0]).to.include(`get pods/proxy in the namespace ${gatewayNamespace}`);
  });

  it('covers the gateways that answer, and names the others', async () => {
    await addPod('gateway-c', '/nowhere', 'test/idle');
    const answer = await eventually(
      () => report(administrator),
      ({ notes }) => notes.length > 0,
    );
    expect(answer).to.include({ inForce: null });
    expect(answer.lastHour?.all).to.include({ requests: 3 });
    expect(answer.notes).to.have.length(2);
    expect(answer.notes[0]).to.match(/gateway-c .*port 9090.*ECONNREFUSED.*NetworkPolicy/);
    expect(answer.notes[1]).to.include('2 of 3');
  });
});
