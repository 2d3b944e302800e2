import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { type AdminClient, connectAdmin } from '../control/mcp/admin-client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const TENANTS = `# Who may do what.
tenants:
  - name: engineering   # us
    match: [{claim: tenant, value: engineering}]
    backends: [wiki]
  - name: sales
    match: [{claim: tenant, value: sales}]
`;

const RULES = [
  { apiGroups: ['mcpgateway.dev'], resources: ['mcpbackends'], verbs: ['get', 'list', 'create', 'update', 'delete'] },
];

describe('a fleet in a cluster, administered from an MCP client', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let namespace: string;
  let gatewayNamespace: string;
  let options: string[];
  let client: AdminClient;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    namespace = await cluster.newNamespace();
    gatewayNamespace = await cluster.newNamespace();
    const data = { 'tenants.yaml': TENANTS, 'notes.txt': 'of somebody else\n' };
    const metadata = { name: 'mcp-gateway-tenants', labels: { team: 'platform' } };
    await cluster.apply(stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }), gatewayNamespace);
    options = ['--kubeconfig', cluster.kubeconfig, '--namespace', namespace, '--gateway-namespace', gatewayNamespace];
    client = await connectAdmin(options);
  });
  after(() => client?.close());

  const path = (name: string) => `/apis/mcpgateway.dev/v1alpha1/namespaces/${namespace}/mcpbackends/${name}`;
  const tenants = () => cluster.api.read(`/api/v1/namespaces/${gatewayNamespace}/configmaps/mcp-gateway-tenants`);
  const sets = (name: string, status: object) => cluster.api.patch(`${path(name)}/status`, { status }, 'merge');
  const condition = (type: string, status: string, reason: string, message: string) => ({
    ...{ type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' },
  });

  it('names the cluster that it administers, and offers the tools for a cluster', async () => {
    expect(client.instructions).to.include('the Kubernetes cluster of the current context').and.include(namespace);
    const register = (await client.tools()).find(({ name }) => name === 'register_backend')?.inputSchema;
    expect(register?.properties).to.include.keys('image', 'service', 'secretEnv', 'podTemplate');
    expect(register?.properties).to.not.include.keys('cwd', 'caFile');
  });

  it('registers, changes, scales and removes MCPBackends', async () => {
    const secretEnv = { TOKEN: { name: 'jira', key: 'token' } };
    const dry = await client.call('register_backend', { name: 'jira', image: 'jira:1', secretEnv, dryRun: true });
    expect(dry).to.include({ action: 'would-create' });
    expect(dry.manifest).to.include('kind: MCPBackend').and.include(`namespace: ${namespace}`);
    expect(await client.call('list_backends')).to.deep.include({ backends: [] });

    const made = await client.call('register_backend', {
      name: 'jira',
      image: 'jira:1',
      secretEnv,
      tenants: ['engineering'],
    });
    expect(made).to.deep.include({ action: 'created', usableBy: [] });
    expect(JSON.stringify(made.notes)).to.include('assign_backend');
    const assigned = await client.call('assign_backend', { name: 'jira', tenants: ['engineering'] });
    expect(assigned).to.deep.include({ before: [], after: ['engineering'] });
    expect(JSON.stringify((await tenants()).data))
      .to.include('[wiki, jira]')
      .and.include('# us');

    await client.call('register_backend', { name: 'jira', update: true, image: 'jira:2', drain: '5m' });
    expect(await client.call('scale_backend', { name: 'jira', replicas: 3 })).to.deep.include({
      changed: ['replicas'],
    });
    const { spec } = await cluster.api.read(path('jira'));
    expect(spec).to.deep.include({ image: 'jira:2', drain: '5m', replicas: 3, secretEnv, tenants: ['engineering'] });
    expect(await client.read('mcp-gateway://backends/jira')).to.include('image: jira:2');
    expect(await client.rejection('register_backend', { name: 'jira', image: 'x' })).to.include('update: true');
    await client.call('register_backend', { name: 'other', url: 'https://mcp.example.com/mcp' });
    expect(await client.call('remove_backend', { name: 'other' })).to.include({ action: 'removed' });
    expect(await client.rejection('remove_backend', { name: 'other' })).to.include('Backends: jira');
  });

  it('summarizes what the operator reports, and waits for it', async () => {
    const registered = client.call('register_backend', { name: 'slow', image: 'slow:1', waitSeconds: 30 });
    const object = await eventually(
      () => cluster.api.read(path('slow')),
      ({ metadata }) => metadata.generation !== undefined,
    );
    const observedGeneration = object.metadata.generation;
    const accepted = condition('Accepted', 'True', 'Accepted', 'it is sound');
    const pulling = 'the image slow:1 cannot be pulled';
    const conditions = [
      accepted,
      condition('Ready', 'False', 'ImagePullFailed', pulling),
      condition('Healthy', 'False', 'ImagePullFailed', pulling),
    ];
    await sets('slow', { observedGeneration, replicas: 1, readyReplicas: 0, conditions });
    const seen = await eventually(
      () => client.call('list_backends'),
      ({ backends }) => JSON.stringify(backends).includes('unhealthy'),
    );
    expect(JSON.stringify(seen)).to.include(`ImagePullFailed: ${pulling}`);
    const well = [
      accepted,
      condition('Ready', 'True', 'ReplicasReady', '1 of 1'),
      condition('Healthy', 'True', 'Serving', '1 of 1'),
    ];
    const url = 'https://mcp.example.com/slow/mcp';
    await sets('slow', { observedGeneration, replicas: 1, readyReplicas: 1, url, conditions: well });
    expect(await registered).to.include({ action: 'created', ready: true, state: 'serving', url });
    // A newer spec that the operator has not processed is not ready.
    const changed = await client.call('register_backend', {
      name: 'slow',
      update: true,
      image: 'slow:2',
      waitSeconds: 1,
    });
    expect(changed).to.include({ action: 'changed', ready: false, state: 'starting' });
  });

  it('shows pods, their logs and events', async () => {
    await client.call('register_backend', { name: 'pods', image: 'pods:1' });
    const labels = { 'mcpgateway.dev/backend': 'pods' };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'mcp-pods-0', labels },
      spec: { containers: [{ name: 'server', image: 'pods:1' }] },
    };
    await cluster.apply(stringify(pod), namespace);
    const status = await eventually(
      () => client.call('backend_status', { name: 'pods' }),
      ({ replicas }) => JSON.stringify(replicas).includes('"state":"Running"'),
    );
    expect(JSON.stringify(status.replicas))
      .to.include('"id":"mcp-pods-0"')
      .and.include('"restarts":0')
      .and.include('(no log: ');
    await eventually(
      () => client.call('backend_status', { name: 'pods' }),
      ({ history }) => JSON.stringify(history).includes('mcp-pods-0: Scheduled'),
    );
  });

  it('changes quotas, and keeps comments and other keys', async () => {
    const set = await client.call('tenant_quota', { tenant_id: 'sales', requests: 1000, per: 'hour' });
    expect(set).to.deep.include({ after: ['tenant: 1000 per hour'], inForce: null });
    const document = await tenants();
    expect(document.data).to.have.property('notes.txt', 'of somebody else\n');
    expect(JSON.stringify(document.data))
      .to.include('# Who may do what.')
      .and.include('# us')
      .and.include('requests: 1000');
    expect(document.metadata.labels).to.deep.include({ team: 'platform' });
    const shell = await runCommand(['quota', 'sales', '--set', 'burst=50', ...options]);
    expect(shell).to.include({ code: 0 });
    expect(shell.stdout).to.include('after\n  tenant: 1000 per hour, burst 50\n');
  });

  it('loses no update if several clients change the same objects at the same time', async () => {
    await client.call('register_backend', { name: 'busy', image: 'busy:1' });
    const other = await connectAdmin(options);
    try {
      const edits = [client, other].flatMap((one, at) =>
        [0, 1, 2].flatMap((index) => [
          one.call('register_backend', { name: 'busy', update: true, env: { [`V${at}_${index}`]: 'x' } }),
          one.call('tenant_quota', { tenant_id: at === 0 ? 'sales' : 'engineering', requests: 10 + index, per: 'day' }),
        ]),
      );
      await Promise.all(edits);
    } finally {
      await other.close();
    }
    const { spec } = await cluster.api.read(path('busy'));
    for (const name of ['V0_0', 'V0_1', 'V0_2', 'V1_0', 'V1_1', 'V1_2'])
      expect(spec).to.have.nested.property(`env.${name}`, 'x');
    expect(JSON.stringify((await tenants()).data).match(/per: day/g)).to.have.length(2);
  });

  it('opens session ids with the keys of the Secret', async () => {
    const refusal = await client.rejection('explain_session', { sessionId: 'x' });
    expect(refusal).to.include('get secrets mcp-gateway-session-keys').and.include('not found');
    const data = { 'session-keys': Buffer.from(Buffer.alloc(32, 1).toString('base64')).toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mcp-gateway-session-keys' }, data };
    await cluster.apply(stringify(secret), gatewayNamespace);
    expect(await client.rejection('explain_session', { sessionId: 'x' })).to.include('not a session id');
  });

  it('needs no more permissions than docs/operating.md lists', async () => {
    const page = readFileSync(join(PROJECT, 'docs', 'operating.md'), 'utf8');
    const roles = /^## Permissions in a cluster[\s\S]*?```yaml\n([\s\S]*?)```/m.exec(page)?.[1] ?? '';
    const place = (text: string) =>
      text
        .replaceAll('namespace: mcp-gateway}', `namespace: ${gatewayNamespace}}`)
        .replaceAll('namespace: mcp}', `namespace: ${namespace}}`);
    await cluster.apply(place(roles));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mcp-gateway-administrator' };
    const subjects = [{ kind: 'ServiceAccount', name: 'administrator', namespace }];
    for (const each of [namespace, gatewayNamespace]) {
      const metadata = { name: 'mcp-gateway-administrator', namespace: each };
      await cluster.apply(
        stringify({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, roleRef, subjects }),
      );
    }
    const kubeconfig = await cluster.kubeconfigFor(namespace, 'administrator');
    const administrator = await connectAdmin(['--kubeconfig', kubeconfig, ...options.slice(2)]);
    try {
      await eventually(
        () => administrator.call('list_backends'),
        ({ backends }) => Array.isArray(backends),
      );
      const made = await administrator.call('register_backend', { name: 'all', image: 'all:1' });
      expect(JSON.stringify(made.notes)).to.not.include('not checked');
      await administrator.call('scale_backend', { name: 'all', replicas: 2 });
      await administrator.call('assign_backend', { name: 'all', tenants: ['sales'] });
      await administrator.call('tenant_quota', { tenant_id: 'sales', requests: 7, per: 'day' });
      const { replicas } = await administrator.call('backend_status', { name: 'pods' });
      // A fake node has no log; the test is only about the permission.
      expect(JSON.stringify(replicas)).to.include('(no log: ').and.not.include('forbidden');
      expect(await administrator.rejection('explain_session', { sessionId: 'x' })).to.include('not a session id');
      expect(await administrator.rejection('explain_denial', { requestId: '12345678' })).to.include(
        'no decision about the request',
      );
      await administrator.call('remove_backend', { name: 'all' });
    } finally {
      await administrator.close();
    }
  });

  it('names a missing permission', async () => {
    const kubeconfig = await cluster.kubeconfigFor(namespace, 'bare');
    const bare = await connectAdmin(['--kubeconfig', kubeconfig, ...options.slice(2)]);
    try {
      const listing = await bare.rejection('list_backends');
      expect(listing).to.include(`the permission to list mcpbackends in the namespace ${namespace}`);
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'bare' },
        rules: RULES,
      };
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'bare' };
      const subjects = [{ kind: 'ServiceAccount', name: 'bare', namespace }];
      await cluster.apply(stringify(role), namespace);
      await cluster.apply(stringify({ ...role, kind: 'RoleBinding', rules: undefined, roleRef, subjects }), namespace);
      await eventually(
        () => bare.call('list_backends'),
        ({ backends }) => Array.isArray(backends) && backends.length > 0,
      );
      // A user who may register backends need not be allowed to read the tenants.
      const made = await bare.call('register_backend', { name: 'bare', url: 'https://mcp.example.com/mcp' });
      expect(JSON.stringify(made.notes)).to.include(
        'the tenants were not checked: cannot get configmaps mcp-gateway-tenants',
      );
      expect(await bare.rejection('tenant_quota', { tenant_id: 'sales' })).to.include(
        'the permission to get configmaps',
      );
      expect(await bare.rejection('explain_session', { sessionId: 'x' })).to.include('the permission to get secrets');
      expect(await bare.rejection('backend_status', { name: 'jira' })).to.include('the permission to list pods');
    } finally {
      await bare.close();
    }
  });

  it('reports a cluster that cannot be reached, or is not configured', async () => {
    const kubeconfig = cluster.writeKubeconfig({ token: 'x', server: 'https://127.0.0.1:1' });
    const lost = await connectAdmin(['--kubeconfig', kubeconfig]);
    try {
      expect(await lost.rejection('list_backends'))
        .to.include('https://127.0.0.1:1 cannot be reached')
        .and.include('Check that the cluster is running');
    } finally {
      await lost.close();
    }
    const outcome = await runCommand(['backends', 'list', '--kubeconfig', cluster.kubeconfig, '--context', 'nothing']);
    expect(outcome.code).to.equal(78);
    expect(outcome.stderr).to.include('has no context nothing');
    expect((await runCommand(['backends', 'list', '--kubeconfig', kubeconfig])).code).to.equal(69);
  });
});
