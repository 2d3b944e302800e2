import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { z } from 'zod';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';
import { Api } from './support/api.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the control plane of the tests', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
  });

  it('runs pods on the fake nodes', async () => {
    const namespace = await cluster.newNamespace();
    const output = await cluster.apply(
      `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: two}
spec:
  replicas: 2
  serviceName: two
  selector: {matchLabels: {app: two}}
  template:
    metadata: {labels: {app: two}}
    spec: {containers: [{name: server, image: anything}]}
`,
      namespace,
    );
    expect(output).to.contain('statefulset.apps/two');
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/two`;
    await eventually(
      () => cluster.api.get(path),
      (set) => JSON.stringify(set).includes('"readyReplicas":2'),
    );
  });

  it('rejects a field that is not in the schema', async () => {
    const namespace = await cluster.newNamespace();
    const output = cluster.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dta: {}}', namespace);
    const error = await output.then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    expect(error).to.contain('dta');
  });

  it('allows a ServiceAccount no more than its role', async () => {
    const namespace = await cluster.newNamespace();
    await cluster.kubectl(['-n', namespace, 'create', 'role', 'reader', '--verb=get', '--resource=configmaps']);
    const binding = ['rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:someone`];
    await cluster.kubectl(['-n', namespace, 'create', ...binding]);
    const token = await cluster.serviceAccountToken(namespace, 'someone');
    const someone = new Api({ ...cluster, token });
    const maps = `/api/v1/namespaces/${namespace}/configmaps`;
    await eventually(
      () => someone.read(`${maps}/kube-root-ca.crt`),
      () => true,
    );
    const refused = await someone.list(maps).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.deep.include({ name: 'ApiError', status: 403, reason: 'Forbidden' });
    someone.close();
  });

  it('keeps its data when the API server is restarted', async function () {
    this.timeout(60_000);
    const own = await startCluster({ controllers: false, fakeNodes: 0 });
    try {
      const namespace = await own.newNamespace();
      await own.stopApiServer();
      const refused = await own.api.get('/api').catch((error: NodeJS.ErrnoException) => error.code);
      expect(refused).to.be.oneOf(['ECONNREFUSED', 'ECONNRESET']);
      await own.startApiServer();
      expect((await own.api.read(`/api/v1/namespaces/${namespace}`)).metadata.name).to.equal(namespace);
    } finally {
      await own.stop();
    }
  });

  it('ends with the process that started it', async function () {
    this.timeout(60_000);
    const program = `
      const { startControlPlane } = await import('./test/cluster/support/control-plane.ts');
      const { pid, folder } = await startControlPlane({ controllers: false });
      console.log(JSON.stringify({ pid, folder }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: PROJECT, stdio: 'pipe' });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { pid, folder } = z.object({ pid: z.number(), folder: z.string() }).parse(JSON.parse(String(line)));
    expect(existsSync(folder)).to.equal(true);
    child.kill('SIGKILL');
    await eventually(
      () => alive(pid) || existsSync(folder),
      (left) => !left,
    );
  });
});
