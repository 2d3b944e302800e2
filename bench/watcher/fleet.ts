import { type Cluster, startCluster } from '../../test/cluster/support/cluster.ts';
import { writeTenants } from '../../test/cluster/support/fleet.ts';
import { TENANTS } from '../../test/cluster/support/gateway.ts';
import { forEach } from '../../test/fixtures/replica-server/client.ts';

/** Concurrent requests to the API server. */
const CONCURRENCY = 24;

/** A namespace full of backends. All their pods are one of two servers on this machine. */
export interface BenchFleet {
  cluster: Cluster;
  namespace: string;
  /** Adds backends up to this number. */
  grow(count: number): Promise<void>;
  /** Switches a backend to a server, with one write of its EndpointSlice. */
  turn(index: number, server: 'a' | 'b'): Promise<void>;
  stop(): Promise<void>;
}

/** Name of a backend. */
export function nameOf(index: number): string {
  return `bench-${index}`;
}

/** Starts an API server without controllers. EndpointSlices and Pods are written here, in place of controllers and kubelets. */
export async function startFleet(ports: { a: number; b: number }): Promise<BenchFleet> {
  const cluster = await startCluster({ controllers: false, fakeNodes: 0 });
  const namespace = await cluster.newNamespace();
  await cluster.api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  await writeTenants(cluster, namespace, TENANTS);
  const uids = new Map<string, string>();
  let size = 0;

  const core = `/api/v1/namespaces/${namespace}`;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const podOf = (index: number, server: string) => `mcp-${nameOf(index)}-${server}`;

  const addPod = async (index: number, server: 'a' | 'b') => {
    const name = podOf(index, server);
    const labels = { 'mcpgateway.dev/backend': nameOf(index) };
    const container = { name: 'server', image: 'bench', ports: [{ name: 'mcp', containerPort: ports[server] }] };
    await cluster.api.create(`${core}/pods`, { metadata: { name, labels }, spec: { containers: [container] } });
    const running = {
      name: 'server',
      ready: true,
      restartCount: 0,
      image: 'bench',
      imageID: '',
      state: { running: {} },
    };
    const status = {
      phase: 'Running',
      podIP: '127.0.0.1',
      podIPs: [{ ip: '127.0.0.1' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [running],
    };
    await cluster.api.patch(`${core}/pods/${name}/status`, { status });
    uids.set(name, (await cluster.api.read(`${core}/pods/${name}`)).metadata.uid);
  };

  const sliceOf = (index: number, server: 'a' | 'b') => {
    const pod = podOf(index, server);
    return {
      metadata: { name: `mcp-${nameOf(index)}-x`, labels: { 'kubernetes.io/service-name': `mcp-${nameOf(index)}` } },
      addressType: 'IPv4',
      ports: [{ name: 'mcp', port: ports[server], protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['127.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: 'Pod', name: pod, namespace, uid: uids.get(pod) },
        },
      ],
    };
  };

  const add = async (index: number) => {
    const name = nameOf(index);
    await addPod(index, 'a');
    // Only the first ten are changed.
    if (index < 10) await addPod(index, 'b');
    const service = { clusterIP: 'None', ports: [{ name: 'mcp', port: 8080 }] };
    await cluster.api.create(`${core}/services`, { metadata: { name: `mcp-${name}` }, spec: service });
    await cluster.api.create(slices, sliceOf(index, 'a'));
    await cluster.api.create(`/apis/mcpgateway.dev/v1alpha1/namespaces/${namespace}/mcpbackends`, {
      apiVersion: 'mcpgateway.dev/v1alpha1',
      kind: 'MCPBackend',
      metadata: { name },
      // With thousands of health checks, those would be measured instead of the watcher.
      spec: { image: 'bench', affinity: 'none', healthCheck: { type: 'none' }, tools: { deny: ['drop_*'] } },
    });
  };

  return {
    cluster,
    namespace,
    async grow(count) {
      const indexes = Array.from({ length: count - size }, (_, offset) => size + offset);
      await forEach(indexes, CONCURRENCY, add);
      size = count;
    },
    async turn(index, server) {
      await cluster.api.patch(`${slices}/mcp-${nameOf(index)}-x`, sliceOf(index, server));
    },
    stop: () => cluster.stop(),
  };
}
