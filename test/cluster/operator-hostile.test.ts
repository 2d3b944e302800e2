import { expect } from 'chai';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, setUpOperator } from './operator-support.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };
const READY = { Accepted: 'True Valid', Ready: 'True ReplicasReady' };

describe('the operator with hostile MCPBackends', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let setup: OperatorSetup;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    setup = await setUpOperator(cluster);
    await setup.start();
  });
  after(() => setup?.stop());

  const create = (name: string, spec: object) =>
    cluster.api.create(setup.path('mcpbackends'), {
      apiVersion: 'mcpgateway.dev/v1alpha1',
      kind: 'MCPBackend',
      metadata: { name },
      spec,
    });

  it('keeps reconciling the others if one is nested too deeply to traverse', async () => {
    const depth = 4_000;
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    await create('deep', { ...IMAGE, podTemplate: { spec: nested } });
    await setup.backend('beside-deep', IMAGE);
    await setup.until('beside-deep', READY);
    // A new version is compared with the previous one.
    const path = setup.path('mcpbackends', 'deep');
    await cluster.api.patch(path, { spec: { replicas: 2 } });
    await setup.backend('after-deep', IMAGE);
    await setup.until('after-deep', READY);
    await setup.until('deep', { Accepted: 'False Invalid' });
    await cluster.api.delete(path);
  });

  for (const [what, podTemplate, wanted] of [
    ['an unknown key', { spec: { nonsense: 1 } }, /nonsense/],
    ['a key of another type', { spec: { containers: 'none' } }, /containers/],
    [
      'an invalid quantity',
      { spec: { containers: [{ name: 'server', resources: { limits: { cpu: 'lots' } } }] } },
      /./,
    ],
    ['a key of the prototype', JSON.parse('{"spec":{"__proto__":{"x":1}}}'), /./],
    ['no pod at all', { spec: null }, /./],
  ] as const) {
    it(`reports in the status what the API server rejects: ${what}`, async () => {
      const name = `refused-${what.replace(/[^a-z]+/g, '-')}`;
      await create(name, { ...IMAGE, podTemplate });
      const seen = await eventually(
        () => setup.conditions(name),
        (conditions) => conditions.Accepted !== undefined,
        10_000,
      );
      expect(seen.Accepted).to.equal('False Refused');
      expect(await setup.message(name, 'Accepted')).to.match(wanted);
    });
  }
});
