import { expect } from 'chai';
import { rpc } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import type { Document } from '../support/gateway.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { backendPath, deployBackend, FEATURE_IMAGE, watcherKubeconfig, writeTenants } from './support/fleet.ts';
import { type ClusterGateway, startClusterGateway, TENANTS } from './support/gateway.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { type Load, startLoad } from './support/sdk-load.ts';
import { sharedCluster } from './support/shared.ts';

const SPEC = {
  image: 'test/feature:1',
  drain: '1s',
  healthCheck: { interval: '1s', timeout: '500ms' },
};
/** Long enough for a slow machine to observe. */
const SLOW = { ...SPEC, drain: '10s' };
const SESSIONS = 12;

describe('the watcher in a cluster', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let namespace: string;
  let own: string;
  let gateway: ClusterGateway;
  let load: Load | undefined;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    kubelet = await startKubelet({ cluster, images: FEATURE_IMAGE, probeEveryMs: 200 });
    [namespace, own] = await Promise.all([cluster.newNamespace({ nodes: kubelet.nodes }), cluster.newNamespace()]);
    await writeTenants(cluster, own, TENANTS);
    gateway = await startClusterGateway({
      kubeconfig: await watcherKubeconfig(cluster, { backends: namespace, gateway: own }),
      namespace,
      tenants: { namespace: own, configMap: 'mcp-gateway-tenants' },
    });
  });
  afterEach(async () => {
    await load?.stop();
    load = undefined;
  });
  after(async () => {
    await gateway?.stop();
    await kubelet?.stop();
  });

  const deploy = (name: string, spec: Document) => deployBackend(cluster, namespace, name, spec);
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);
  /** Waits until this number of replicas of a backend takes new sessions. */
  const serving = (name: string, count: number) =>
    eventually(
      () => statusOf(name),
      (status) => status?.endpoints?.filter(({ health }) => health === 'healthy').length === count,
      60_000,
    );
  const begin = async (name: string) => {
    load = await startLoad(gateway.backendUrl(name), () => gateway.token(), SESSIONS);
    await load.rounds(5);
    return load;
  };
  const server = (pod: string) => String(kubelet.container(namespace, pod).pid);
  const podsOf = (name: string, count: number) => Array.from({ length: count }, (_, index) => `mcp-${name}-${index}`);
  const podPath = (pod: string) => `/api/v1/namespaces/${namespace}/pods/${pod}`;
  /** A gateway that does not know yet that a server stopped cannot connect to it, and responses in progress break off. */
  const UNAVAILABLE = /-3201[56]|abort|timeout/i;
  /** Sessions of these servers end with 404; those of all others got an answer to each request, from their own server. */
  const expectLost = ({ sessions }: Load, servers: string[]) => {
    for (const { server, failures, lost } of sessions) {
      expect(lost, `${server}: ${failures}`).to.equal(servers.includes(server));
      const last = lost ? failures.length - 1 : failures.length;
      for (const failure of failures.slice(0, last)) {
        expect(servers, failure).to.include(server);
        expect(UNAVAILABLE.test(failure), failure).to.equal(true);
      }
    }
  };

  /** Waits until every session of a server got a few more answers. */
  const goingOn = ({ sessions }: Load, of: string) => {
    const theirs = sessions.filter((session) => session.server === of);
    const wanted = theirs.map(({ answered }) => answered + 3);
    expect(theirs).not.to.deep.equal([]);
    return () =>
      eventually(
        () => theirs.map(({ answered, failures }) => ({ answered, failures })),
        (now) => now.every(({ answered }, index) => answered >= (wanted[index] ?? 0)),
      );
  };

  describe('under a steady load of sessions', () => {
    it('serves an MCPBackend whose pods are ready, and moves no session when pods are added', async () => {
      await deploy('up', { ...SPEC, replicas: 2 });
      await serving('up', 2);
      const load = await begin('up');
      expect(new Set(load.sessions.map(({ server }) => server))).to.have.all.keys(podsOf('up', 2).map(server));
      await deploy('up', { ...SPEC, replicas: 3 });
      await serving('up', 3);
      await load.rounds(20);
      expectLost(load, []);
    });

    it('continues the sessions of a deleted pod while it drains, and starts no new ones there', async () => {
      await deploy('down', { ...SLOW, replicas: 3 });
      await serving('down', 3);
      const load = await begin('down');
      const leaving = server('mcp-down-2');
      await deploy('down', { ...SLOW, replicas: 2 });
      await eventually(
        async () => (await statusOf('down'))?.endpoints?.find(({ id }) => id === 'mcp-down-2')?.health,
        (health) => health === 'draining',
      );
      const go = goingOn(load, leaving);
      const more = await startLoad(gateway.backendUrl('down'), () => gateway.token(), SESSIONS);
      await more.stop();
      expect(more.sessions.map((session) => session.server)).not.to.include(leaving);
      await go();
      await load.lost([leaving]);
      await load.rounds(20);
      expectLost(load, [leaving]);
    });

    it('answers 404 to sessions of a server that was restarted in its pod', async () => {
      await deploy('crash', { ...SPEC, replicas: 2 });
      await serving('crash', 2);
      const load = await begin('crash');
      const crashed = server('mcp-crash-0');
      kubelet.container(namespace, 'mcp-crash-0').kill();
      await load.lost([crashed]);
      await serving('crash', 2);
      expect(server('mcp-crash-0')).not.to.equal(crashed);
      await load.rounds(20);
      expectLost(load, [crashed]);
    });

    it('never sends the sessions of a pod to a later pod of the same name', async () => {
      await deploy('swap', { ...SPEC, replicas: 2 });
      await serving('swap', 2);
      const load = await begin('swap');
      const gone = server('mcp-swap-1');
      // As after the loss of a node: the pod disappears from the API immediately.
      await cluster.api.delete(podPath('mcp-swap-1'), { graceSeconds: 0 });
      await load.lost([gone]);
      await eventually(
        () => server('mcp-swap-1'),
        (now) => now !== gone,
      );
      await serving('swap', 2);
      await load.rounds(20);
      expectLost(load, [gone]);
    });

    it('survives a rollout without a failed request of any session whose pod still exists', async () => {
      await deploy('roll', { ...SPEC, replicas: 2 });
      await serving('roll', 2);
      const load = await begin('roll');
      const before = podsOf('roll', 2).map(server);
      await deploy('roll', { ...SPEC, replicas: 2, env: { VERSION: '2' } });
      await load.lost(before);
      await serving('roll', 2);
      expectLost(load, before);
      const after = await startLoad(gateway.backendUrl('roll'), () => gateway.token(), SESSIONS);
      await after.rounds(5);
      await after.stop();
      expectLost(after, []);
    });

    it('drains a deleted backend, and then removes it', async () => {
      await deploy('gone', { ...SLOW, replicas: 1 });
      await serving('gone', 1);
      const load = await begin('gone');
      const last = server('mcp-gone-0');
      await cluster.api.delete(backendPath(namespace, 'gone'));
      await eventually(
        async () => (await statusOf('gone'))?.state,
        (state) => state === 'draining',
      );
      const go = goingOn(load, last);
      await eventually(
        async () => rpc(gateway.backendUrl('gone'), { token: await gateway.token() }, 'initialize'),
        ({ status }) => status === 404,
      );
      await go();
      await load.lost([last]);
      expectLost(load, [last]);
      await eventually(
        () => statusOf('gone'),
        (status) => status === undefined,
      );
    });
  });
});
