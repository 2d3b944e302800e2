import type { Api } from '../api.ts';
import { NODES_LABEL } from '../cluster.ts';
import { now } from './container-state.ts';

const RENEW_EVERY_MS = 10_000;
const CAPACITY = { cpu: '64', memory: '256Gi', pods: '1000', 'ephemeral-storage': '1Ti' };

/** Nodes in the API that are kept ready. */
export interface Nodes {
  names: ReadonlySet<string>;
  /** Removes them from the API. */
  remove(): Promise<void>;
}

/** Registers `count` nodes that run only pods of namespaces with `nodes: pool`. `logPort` is the port of their kubelet. */
export async function registerNodes(api: Api, pool: string, count: number, logPort: number): Promise<Nodes> {
  const names = Array.from({ length: count }, (_, index) => `${pool}-${index}`);
  for (const name of names) await register(api, pool, name, logPort);
  const renew = () => Promise.all(names.map((name) => renewLease(api, name)));
  await renew();
  // It fails if the API server is unreachable; the next heartbeat is enough.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_EVERY_MS);
  return {
    names: new Set(names),
    async remove() {
      clearInterval(timer);
      for (const name of names) await api.delete(`/api/v1/nodes/${name}`);
    },
  };
}

async function register(api: Api, pool: string, name: string, logPort: number): Promise<void> {
  const labels = {
    [NODES_LABEL]: pool,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  };
  await api.create('/api/v1/nodes', { metadata: { name, labels } });
  const status = {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    // No host name, since the API server would prefer it for log requests.
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: logPort } },
    conditions: [
      {
        ...{ type: 'Ready', status: 'True', reason: 'KubeletReady' },
        ...{ lastHeartbeatTime: now(), lastTransitionTime: now() },
      },
    ],
  };
  await api.patch(`/api/v1/nodes/${name}/status`, { status });
  // A new node starts as not ready.
  await api.patch(`/api/v1/nodes/${name}`, { spec: { taints: null } });
}

async function renewLease(api: Api, name: string): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}?fieldManager=test&force=true`;
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
  await api.patch(path, lease, 'apply');
}
