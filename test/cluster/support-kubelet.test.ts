import { expect } from 'chai';
import { askReplica, openSession, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { type Pod, podSchema } from './support/kubelet/schema.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { sharedCluster } from './support/shared.ts';

const SET = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: two}
spec:
  replicas: 2
  serviceName: two
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: two}}
  template:
    metadata: {labels: {app: two}}
    spec:
      terminationGracePeriodSeconds: 900
      containers:
      - name: server
        image: test/replica:1
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /healthz, port: http}}
        lifecycle: {preStop: {sleep: {seconds: 600}}}
---
apiVersion: v1
kind: Service
metadata: {name: two}
spec: {clusterIP: None, selector: {app: two}, ports: [{name: http, port: 8080, targetPort: http}]}
`;

describe('the kubelet of the tests', function () {
  this.timeout(30_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let namespace: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    kubelet = await startKubelet({ cluster });
    namespace = await cluster.newNamespace({ nodes: kubelet.nodes });
    await cluster.apply(SET, namespace);
    for (const name of ['two-0', 'two-1']) await ready(name, 0);
  });

  after(() => kubelet?.stop());

  const path = (name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`;
  const readPod = async (name: string) => podSchema.parse(await cluster.api.get(path(name)));
  const isReady = ({ status }: Pod) =>
    status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const ready = (name: string, restarts: number) =>
    eventually(
      () => readPod(name),
      (pod) => isReady(pod) && pod.status.containerStatuses[0]?.restartCount === restarts,
    );
  const server = (name: string) => kubelet.container(namespace, name);
  const url = (name: string) => `http://${server(name).address}:8080/mcp`;
  const slices = () =>
    cluster.kubectl(['-n', namespace, 'get', 'endpointslices', '-o', 'jsonpath={.items[0].endpoints}']);

  it('runs pods that answer at their addresses in the API', async () => {
    const addresses = new Set<string>();
    for (const name of ['two-0', 'two-1']) {
      const { podIP = '' } = (await readPod(name)).status;
      addresses.add(podIP);
      const { session, replica } = await openSession(`http://${podIP}:8080/mcp`, { token: '' });
      expect(replica).to.equal(`${name}:${server(name).pid}`);
      expect((await askReplica(`http://${podIP}:8080/mcp`, { token: '', session })).session).to.equal(session);
    }
    expect(addresses).to.have.property('size', 2);
    await eventually(slices, (text) => [...addresses].every((address) => text.includes(address)));
  });

  it('restarts a container in place', async () => {
    const [pid, address] = [server('two-0').pid, server('two-0').address];
    const { uid } = (await readPod('two-0')).metadata;
    server('two-0').kill();
    const pod = await ready('two-0', 1);
    expect(pod.metadata.uid).to.equal(uid);
    expect(pod.status.containerStatuses[0]?.lastState).to.have.nested.property('terminated.exitCode', 137);
    expect(server('two-0')).to.include({ address, restartCount: 1 });
    expect(server('two-0').pid).not.to.equal(pid);
  });

  it('lets a pod serve until the end of its drain time, or stops it sooner on request', async () => {
    const { metadata } = await readPod('two-1');
    const [{ session }, old] = [await openSession(url('two-1'), { token: '' }), url('two-1')];
    await cluster.api.delete(path('two-1'));
    await eventually(slices, (text) => /"ready":false,"serving":true,"terminating":true/.test(text));
    expect((await askReplica(old, { token: '', session })).session).to.equal(session);

    await cluster.api.delete(path('two-1'), { graceSeconds: 1 });
    await eventually(
      () => readPod('two-1'),
      (pod) => pod.metadata.uid !== metadata.uid && isReady(pod),
    );
    expect(url('two-1')).not.to.equal(old);
    const refused = await send(old, { method: 'GET' }).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'ECONNREFUSED' });
  });

  it('stops its processes and removes its nodes', async () => {
    const pids = ['two-0', 'two-1'].map((name) => server(name).pid ?? 0);
    await kubelet.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
    const nodes = await cluster.api.list('/api/v1/nodes');
    expect(nodes.map(({ metadata }) => metadata.name))
      .to.include('fake-0')
      .and.not.include(`${kubelet.nodes}-0`);
  });
});
