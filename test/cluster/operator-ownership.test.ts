import { expect } from 'chai';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, setUpOperator } from './operator-support.ts';
import { startApiProxy } from './support/api-proxy.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };

describe('the operator with objects of other owners', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let setup: OperatorSetup;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    setup = await setUpOperator(cluster);
    await setup.start();
  });

  after(() => setup.stop());

  const theirs: [kind: 'statefulsets' | 'services' | 'poddisruptionbudgets', label: string, spec: object][] = [
    ['services', 'Service', { ports: [{ port: 80 }] }],
    ['poddisruptionbudgets', 'PodDisruptionBudget', { minAvailable: 1, selector: { matchLabels: { a: 'b' } } }],
    [
      'statefulsets',
      'StatefulSet',
      {
        serviceName: 'x',
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    ],
  ];

  for (const [kind, label, spec] of theirs) {
    it(`does not change a ${label} of another owner, and continues once it is deleted`, async () => {
      const name = `taken-${label.toLowerCase().slice(0, 4)}`;
      const path = setup.path(kind, `mcp-${name}`);
      await cluster.api.create(setup.path(kind), { metadata: { name: `mcp-${name}` }, spec });
      const before = await cluster.api.read(path);
      await setup.backend(name, IMAGE);
      await setup.until(name, {
        Accepted: 'False NameTaken',
        Ready: 'False NotAccepted',
        Healthy: 'False NotAccepted',
      });
      expect(await setup.message(name, 'Accepted')).to.contain(`${label} mcp-${name}`);
      const after = await cluster.api.read(path);
      expect(after.metadata.uid).to.equal(before.metadata.uid);
      expect(JSON.stringify(after)).not.to.contain('mcp-gateway-operator');
      for (const [other] of theirs.filter(([each]) => each !== kind)) {
        const names = (await cluster.api.list(setup.path(other))).map(({ metadata }) => metadata.name);
        expect(names).not.to.include(`mcp-${name}`);
      }
      // The object of another owner is not deleted either.
      await setup.backend(name, { url: 'https://a.example' });
      await setup.until(name, { Accepted: 'True Valid', Ready: 'True External' });
      expect((await cluster.api.read(path)).metadata.uid).to.equal(before.metadata.uid);
      await setup.backend(name, IMAGE);
      await setup.until(name, { Accepted: 'False NameTaken' });
      await cluster.api.delete(path);
      await setup.until(name, { Accepted: 'True Valid', Ready: 'True ReplicasReady' });
    });
  }

  it('does not take over what another controller owns', async () => {
    const owner = await cluster.api.create(`/api/v1/namespaces/${setup.namespace}/configmaps`, {
      metadata: { name: 'owner' },
    });
    const { uid } = JSON.parse(JSON.stringify(owner)).metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true }];
    const metadata = { name: 'mcp-owned', ownerReferences };
    await cluster.api.create(setup.path('services'), { metadata, spec: { ports: [{ port: 80 }] } });
    await setup.backend('owned', IMAGE);
    await setup.until('owned', { Accepted: 'False NameTaken' });
    expect(await setup.message('owned', 'Accepted')).to.contain('ConfigMap owner');
  });

  it('gives up an object whose owner reference is removed', async () => {
    await setup.backend('let-go', IMAGE);
    await setup.until('let-go', { Ready: 'True ReplicasReady' });
    const path = setup.path('services', 'mcp-let-go');
    await cluster.api.patch(path, { metadata: { ownerReferences: null } });
    await setup.until('let-go', { Accepted: 'False NameTaken', Ready: 'False NotAccepted', Healthy: 'True Serving' });
    const found = await eventually(
      () => cluster.api.read(path),
      () => true,
    );
    expect(found.metadata.ownerReferences).to.equal(undefined);
  });

  it('does not take over an object that its watch has not seen yet', async () => {
    const own = await setUpOperator(cluster);
    const proxy = await startApiProxy(cluster);
    await own.start({ kubeconfig: cluster.writeKubeconfig({ token: cluster.token, server: proxy.server }) });
    await own.backend('first', IMAGE);
    await own.until('first', { Ready: 'True ReplicasReady' });
    const { held, release } = proxy.holdWatches(/\/poddisruptionbudgets\?/);
    expect(held).to.equal(1);
    // None of its fields conflicts with those that the operator sets.
    const metadata = { name: 'mcp-behind' };
    await cluster.api.create(own.path('poddisruptionbudgets'), { metadata, spec: { maxUnavailable: 1 } });
    await own.backend('behind', IMAGE);
    await own.until('behind', { Accepted: 'False NameTaken' });
    release();
    expect(JSON.stringify(await cluster.api.get(own.path('poddisruptionbudgets', 'mcp-behind')))).not.to.contain(
      'mcp-gateway',
    );
    await own.stop();
    await proxy.stop();
  });
});
