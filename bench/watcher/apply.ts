import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KubeClient } from '../../k8s/api/client.ts';
import { loadCluster } from '../../k8s/api/credentials.ts';
import { Informer } from '../../k8s/api/informer.ts';
import { PODS, type Resource } from '../../k8s/api/resources.ts';
import { startOperator } from '../../k8s/operator/operator.ts';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { createLogger } from '../../runtime/log.ts';
import { startCluster } from '../../test/cluster/support/cluster.ts';
import { backendPath, FEATURE_IMAGE, writeBackend, writeTenants } from '../../test/cluster/support/fleet.ts';
import { startClusterGateway, TENANTS } from '../../test/cluster/support/gateway.ts';
import { startKubelet } from '../../test/cluster/support/kubelet.ts';
import { eventually } from '../../test/fixtures/replica-server/waiting.ts';
import { SDK2_LEGACY } from '../../test/support/clients.ts';

const STATEFUL_SETS: Resource = { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' };
const RETRY_MS = 10;
const LOOK_MS = 20;
const GONE_LIMIT_MS = 60_000;

/** When each step was complete, in milliseconds since just before the MCPBackend was applied. */
export interface Steps {
  statefulSet: number;
  podReady: number;
  /** Envoy has a healthy endpoint. */
  envoy: number;
  /** The first `initialize` that is answered. */
  initialize: number;
  /** The first `tools/list` after it. */
  call: number;
}

const pod = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
});

/** Applies MCPBackends one after the other in a cluster with an operator and a gateway, and measures each. */
export async function measureApply(count: number): Promise<Steps[]> {
  const cluster = await startCluster({ fakeNodes: 0 });
  const kubelet = await startKubelet({ cluster, images: FEATURE_IMAGE });
  const namespace = await cluster.newNamespace({ nodes: kubelet.nodes });
  const gatewayNamespace = await cluster.newNamespace();
  await writeTenants(cluster, gatewayNamespace, TENANTS);
  const client = new KubeClient(loadCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
  const log = createLogger({ name: 'bench', level: 'silent' });
  const operator = await startOperator({
    ...{ client, namespace, gatewayNamespace, bridgeImage: 'bridge:1', publicUrl: 'https://mcp.example.com' },
    ...{ sessionKeysSecret: 'mcp-gateway-session-keys', adminToolsSecret: undefined },
    ...{ tenantsConfigMap: 'mcp-gateway-tenants', healthPort: 0 },
    ...{ leaderElect: false, identity: 'operator', log },
    election: { durationMs: 15_000, deadlineMs: 10_000, retryMs: 2_000 },
  });
  const gateway = await startClusterGateway({
    kubeconfig: cluster.kubeconfig,
    namespace,
    tenants: { namespace: gatewayNamespace, configMap: 'mcp-gateway-tenants' },
  });

  // When each StatefulSet first appeared, and when each pod first was ready.
  const seen = new Map<string, number>();
  const note = (names: ReadonlySet<string>, kept: ReadonlyMap<string, unknown>, mark: string) => {
    for (const name of names) if (kept.has(name) && !seen.has(mark + name)) seen.set(mark + name, performance.now());
  };
  const sets: Informer<unknown> = new Informer({
    ...{ client, namespace, log, resource: STATEFUL_SETS, parse: (object: unknown) => object },
    onChange: (names) => note(names, sets.items, 'set '),
  });
  const pods: Informer<unknown> = new Informer({
    ...{ client, namespace, log, resource: PODS },
    parse: (object) => (isReady(object) ? object : undefined),
    onChange: (names) => note(names, pods.items, 'pod '),
  });

  const until = async (is: () => boolean | Promise<boolean>, pauseMs: number) => {
    while (!(await is())) await sleep(pauseMs);
    return performance.now();
  };
  const endpointLine = (name: string) => new RegExp(`^backend/${name}::[\\d.]+:\\d+::health_flags::healthy$`, 'm');

  const measure = async (name: string): Promise<Steps> => {
    const url = gateway.backendUrl(name);
    const token = await gateway.token();
    const from = performance.now();
    await writeBackend(cluster, namespace, name, { image: 'test/feature:1', drain: '0s' });
    const envoy = until(
      async () => endpointLine(name).test(await askAdmin(gateway.adminSocket, 'GET', '/clusters')),
      LOOK_MS,
    );
    const connect = () => SDK2_LEGACY.connect({ url, token }).catch(() => undefined);
    let connection = await connect();
    for (; connection === undefined; connection = await connect()) await sleep(RETRY_MS);
    const initialize = performance.now();
    await connection.client.listTools();
    const call = performance.now();
    await connection.client.close();
    const times = {
      ...{ statefulSet: seen.get(`set mcp-${name}`) ?? 0, podReady: seen.get(`pod mcp-${name}-0`) ?? 0 },
      ...{ envoy: await envoy, initialize, call },
    };
    const { statefulSet, podReady } = times;
    return {
      ...{ statefulSet: statefulSet - from, podReady: podReady - from },
      ...{ envoy: times.envoy - from, initialize: initialize - from, call: call - from },
    };
  };

  try {
    const all: Steps[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `bench-${index}`;
      all.push(await measure(name));
      await cluster.api.delete(backendPath(namespace, name));
      await eventually(
        () => cluster.api.list(`/api/v1/namespaces/${namespace}/pods`),
        (left) => left.length === 0,
        GONE_LIMIT_MS,
      );
    }
    return all;
  } finally {
    sets.close();
    pods.close();
    await gateway.stop();
    await operator.stop();
    client.close();
    await kubelet.stop();
    await cluster.stop();
  }
}

function isReady(object: unknown): boolean {
  const parsed = pod.safeParse(object);
  return (
    parsed.success && parsed.data.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}
