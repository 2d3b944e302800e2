import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { z } from 'zod';
import { PROJECT } from '../support/gateway.ts';
import { documentedRules, type OperatorSetup, setUpOperator } from './operator-support.ts';
import { Api } from './support/api.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };
const READY = { Accepted: 'True Valid', Ready: 'True ReplicasReady' };

const leaseSchema = z.object({ spec: z.object({ holderIdentity: z.string() }) });
const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

describe('the permissions of the operator', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let setup: OperatorSetup;
  let proxy: ApiProxy;

  const holder = async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${setup.gatewayNamespace}/leases/mcp-gateway-operator`;
    return leaseSchema.parse(await cluster.api.get(path)).spec.holderIdentity;
  };

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    // As in some distributions: owner references with blockOwnerDeletion need an additional permission.
    cluster = await startCluster({
      apiServerArgs: ['--enable-admission-plugins=OwnerReferencesPermissionEnforcement'],
    });
    setup = await setUpOperator(cluster);
    proxy = await startApiProxy(cluster);
  });

  after(async function () {
    this.timeout(30_000);
    await setup.stop();
    await proxy.stop();
    await cluster.stop();
  });

  it('are enough as documented, for a process that exits with 0', async () => {
    const [inBackends, inGateway] = documentedRules();
    expect([inBackends.length, inGateway.length]).to.deep.equal([10, 6]);
    const account = { kind: 'ServiceAccount', name: 'operator', namespace: setup.gatewayNamespace };
    for (const [namespace, rules] of [
      [setup.namespace, inBackends],
      [setup.gatewayNamespace, inGateway],
    ] as const) {
      const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      await cluster.api.create(`${path}/roles`, { metadata: { name: 'operator' }, rules });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'operator' };
      await cluster.api.create(`${path}/rolebindings`, {
        metadata: { name: 'operator' },
        roleRef,
        subjects: [account],
      });
    }
    const kubeconfig = await cluster.kubeconfigFor(setup.gatewayNamespace, 'operator', { server: proxy.server });
    const options = ['--namespace', setup.namespace, '--gateway-namespace', setup.gatewayNamespace];
    const child = spawn(
      process.execPath,
      ['cli/main.ts', 'operator', ...options, '--bridge-image', 'bridge:1', '--health-port', '0'],
      { cwd: PROJECT, env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = once(child, 'exit');
    const log: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
    try {
      const maps = `/api/v1/namespaces/${setup.gatewayNamespace}/configmaps`;
      await cluster.api.create(maps, {
        metadata: { name: 'mcp-gateway-tenants' },
        data: { 'tenants.yaml': 'tenants: []' },
      });
      await setup.backend('allowed', { ...IMAGE, replicas: 2 });
      await setup.until('allowed', { ...READY, TenantsValid: 'False InvalidTenants' });
      await setup.backend('allowed', { ...IMAGE, image: 'ghcr.io/acme/a:2' });
      await setup.until('allowed', READY);
      await cluster.api.delete(setup.path('services', 'mcp-allowed'));
      await cluster.api.create(setup.path('services'), {
        metadata: { name: 'mcp-taken' },
        spec: { ports: [{ port: 80 }] },
      });
      await setup.backend('taken', IMAGE);
      await setup.until('taken', { Accepted: 'False NameTaken' });
      await setup.backend('allowed', { service: { name: 'mcp-taken' } });
      await setup.until('allowed', { Ready: 'True ServiceFound' });
      await cluster.api.read(`/api/v1/namespaces/${setup.gatewayNamespace}/secrets/mcp-gateway-session-keys`);
      expect(proxy.requests.filter(({ status }) => status === 401 || status === 403)).to.deep.equal([]);
      expect(log.join('')).not.to.contain('forbidden');
    } finally {
      child.kill('SIGTERM');
    }
    const [code] = await ended;
    expect(code, log.join('')).to.equal(0);
    expect(await holder()).to.equal('');
  });

  it('allow nothing beyond that', async () => {
    const token = await cluster.serviceAccountToken(setup.gatewayNamespace, 'operator');
    const operator = new Api({ ...cluster, token });
    const may = async (namespace: string, verb: string, group: string, resource: string, name?: string) => {
      const spec = { resourceAttributes: { namespace, verb, group, resource, name } };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      return reviewSchema.parse(await operator.create(path, { spec })).status.allowed;
    };
    expect(await may(setup.namespace, 'patch', 'apps', 'statefulsets')).to.equal(true);
    for (const [namespace, verb, group, resource, name] of [
      [setup.namespace, 'get', '', 'secrets', 'any'],
      [setup.namespace, 'list', '', 'secrets', undefined],
      [setup.namespace, 'delete', '', 'pods', undefined],
      [setup.namespace, 'update', 'mcpgateway.dev', 'mcpbackends', undefined],
      [setup.namespace, 'patch', 'mcpgateway.dev', 'mcpbackends', undefined],
      [setup.namespace, 'delete', 'mcpgateway.dev', 'mcpbackends', undefined],
      [setup.gatewayNamespace, 'get', '', 'secrets', 'another'],
      [setup.gatewayNamespace, 'update', '', 'secrets', 'mcp-gateway-session-keys'],
      [setup.gatewayNamespace, 'delete', '', 'secrets', 'mcp-gateway-session-keys'],
      [setup.gatewayNamespace, 'patch', '', 'configmaps', 'mcp-gateway-tenants'],
      [setup.gatewayNamespace, 'create', 'apps', 'statefulsets', undefined],
      ['default', 'list', '', 'services', undefined],
    ] as const) {
      expect(await may(namespace, verb, group, resource, name), `${verb} ${resource}`).to.equal(false);
    }
    operator.close();
  });

  it('include the documented one for owner references with blockOwnerDeletion', async () => {
    await cluster.kubectl([
      ...['patch', 'role', 'operator', '--namespace', setup.namespace, '--type=json'],
      ...['--patch', '[{"op": "remove", "path": "/rules/2"}]'],
    ]);
    const kubeconfig = await cluster.kubeconfigFor(setup.gatewayNamespace, 'operator');
    await setup.start({ kubeconfig });
    await setup.backend('blocked', IMAGE);
    await setup.until('blocked', { Accepted: 'False Forbidden' });
    expect(await setup.message('blocked', 'Accepted')).to.contain('blockOwnerDeletion');
  });
});
