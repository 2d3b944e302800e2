import { askReplica } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import type { Document } from '../support/gateway.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { backendPath, watcherKubeconfig, writeBackend, writeTenants } from './support/fleet.ts';
import { type ClusterGateway, startClusterGateway, TENANTS } from './support/gateway.ts';

/** Health checks at short intervals. */
export const HEALTH = { interval: '500ms', timeout: '400ms' };

/** What {@link watcherSetup} starts. */
export interface WatcherParts {
  cluster: Cluster;
  proxy: ApiProxy;
  /** Namespace of the backends. */
  namespace: string;
  /** Namespace of the gateway. */
  own: string;
  gateway: ClusterGateway;
  token: string;
  one: Replica;
  two: Replica;
}

/** A gateway on a separate control plane, whose API server can be stopped, with two servers outside the cluster, and helpers for tests. */
export function watcherSetup() {
  let cluster: Cluster;
  let proxy: ApiProxy;
  let namespace: string;
  let own: string;
  let gateway: ClusterGateway;
  let token: string;
  let one: Replica;
  let two: Replica;

  const start = async (): Promise<WatcherParts> => {
    // These tests need no controllers.
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
    return { cluster, proxy, namespace, own, gateway, token, one, two };
  };
  const stop = async () => {
    await gateway?.stop();
    await proxy?.stop();
    await cluster?.stop();
    await one?.stop();
    await two?.stop();
  };

  /** Removes the schema of the CRD, as with another version, so that the API server accepts invalid specs. */
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

  return {
    start,
    stop,
    service,
    addresses,
    secret,
    backend,
    ask,
    answeredBy,
    statusOf,
    reasons,
    problems,
    slicePath,
  };
}
