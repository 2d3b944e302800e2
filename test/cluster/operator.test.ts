import { expect } from 'chai';
import { z } from 'zod';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, setUpOperator } from './operator-support.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };
const READY = { Accepted: 'True Valid', Ready: 'True ReplicasReady', Healthy: 'True Serving' };

const statefulSet = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string() }),
  spec: z.object({
    replicas: z.number(),
    podManagementPolicy: z.string(),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        priorityClassName: z.string().optional(),
        containers: z.array(
          z.looseObject({
            name: z.string(),
            image: z.string(),
            args: z.array(z.string()).optional(),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
          }),
        ),
      }),
    }),
  }),
});

describe('the operator', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let setup: OperatorSetup;

  const readSet = async (name: string) =>
    statefulSet.parse(await cluster.api.get(setup.path('statefulsets', `mcp-${name}`)));
  const names = async (kind: 'statefulsets' | 'services' | 'poddisruptionbudgets' | 'pods') =>
    (await cluster.api.list(setup.path(kind))).map(({ metadata }) => metadata.name);

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    setup = await setUpOperator(cluster);
    await setup.start();
  });

  after(() => setup.stop());

  it('runs an image, and reports it', async () => {
    await setup.backend('life', { ...IMAGE, replicas: 2 });
    const { status, metadata } = await setup.until('life', READY);
    expect(status).to.include({
      observedGeneration: metadata.generation,
      replicas: 2,
      readyReplicas: 2,
      selector: 'app.kubernetes.io/name=mcp-backend,app.kubernetes.io/instance=life',
      url: 'https://gateway.example/life/mcp',
    });
    for (const kind of ['statefulsets', 'services', 'poddisruptionbudgets'] as const) {
      const { metadata: owned } = await cluster.api.read(setup.path(kind, 'mcp-life'));
      expect(owned.ownerReferences?.map(({ kind: owner, uid }) => [owner, uid])).to.deep.equal([
        ['MCPBackend', metadata.uid],
      ]);
    }
    const table = await cluster.kubectl(['get', 'mcpb', 'life', '--namespace', setup.namespace]);
    expect(table.replaceAll(/ +/g, ' ')).to.match(/^NAME READY REPLICAS AFFINITY AGE\nlife True 2 session /);
  });

  it('scales through the scale subresource', async () => {
    await setup.backend('scaled', IMAGE);
    await setup.until('scaled', READY);
    await cluster.kubectl(['scale', 'mcpb', 'scaled', '--replicas=3', '--namespace', setup.namespace]);
    await eventually(
      () => setup.read('scaled'),
      ({ status }) => status.readyReplicas === 3,
    );
    const scale = await cluster.api.get(`${setup.path('mcpbackends', 'scaled')}/scale`);
    expect(scale).to.deep.include({
      status: { replicas: 3, selector: 'app.kubernetes.io/name=mcp-backend,app.kubernetes.io/instance=scaled' },
    });
    await cluster.kubectl(['scale', 'mcpb', 'scaled', '--replicas=0', '--namespace', setup.namespace]);
    await setup.until('scaled', { Ready: 'False ScaledToZero', Healthy: 'False ScaledToZero' });
  });

  it('rolls out another image', async () => {
    await setup.backend('rolled', { ...IMAGE, replicas: 2 });
    await setup.until('rolled', READY);
    await setup.backend('rolled', { ...IMAGE, replicas: 2, image: 'ghcr.io/acme/a:2' });
    await eventually(
      async () => {
        const { status, metadata } = await setup.read('rolled');
        const pods = await cluster.api.list(setup.path('pods'));
        const images = pods
          .filter(({ metadata: { name } }) => name.startsWith('mcp-rolled-'))
          .map((pod) => JSON.stringify(pod));
        return { done: status.observedGeneration === metadata.generation, images, conditions: status.conditions };
      },
      ({ done, images, conditions }) =>
        done &&
        images.length === 2 &&
        images.every((pod) => pod.includes('acme/a:2')) &&
        conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
  });

  it('replaces a broken version by a working one', async () => {
    const broken = { metadata: { annotations: { 'fake-kubelet/waiting': 'ImagePullBackOff' } } };
    await setup.backend('mended', { ...IMAGE, podTemplate: broken });
    await setup.until('mended', { Ready: 'False ImagePullFailed' });
    await setup.backend('mended', IMAGE);
    await setup.until('mended', READY);
  });

  it('reverts changes of others, and creates deleted objects again', async () => {
    await setup.backend('drift', IMAGE);
    await setup.until('drift', READY);
    const path = setup.path('statefulsets', 'mcp-drift');
    const { uid } = (await readSet('drift')).metadata;
    const image = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'evil:1' }];
    await cluster.api.patch(path, image, 'json');
    await cluster.api.patch(path, { spec: { replicas: 5 } });
    await eventually(
      () => readSet('drift'),
      ({ spec }) => spec.replicas === 1 && spec.template.spec.containers[0]?.image === IMAGE.image,
    );
    await cluster.api.delete(setup.path('services', 'mcp-drift'));
    await cluster.api.delete(path);
    await eventually(
      () => readSet('drift'),
      ({ metadata }) => metadata.uid !== uid,
    );
    await eventually(
      () => names('services'),
      (found) => found.includes('mcp-drift'),
    );
  });

  it('keeps fields that others add', async () => {
    await setup.backend('added', IMAGE);
    await setup.until('added', READY);
    const path = setup.path('statefulsets', 'mcp-added');
    const restart = {
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
    };
    await cluster.api.patch(path, restart);
    await setup.backend('added', { ...IMAGE, replicas: 2 });
    await eventually(
      () => readSet('added'),
      ({ spec }) => spec.replicas === 2,
    );
    expect(JSON.stringify(await cluster.api.get(path))).to.contain('restartedAt":"now"');
  });

  it('creates a StatefulSet again, keeping its pods, if a field cannot be updated', async () => {
    await setup.backend('fixed', IMAGE);
    await setup.until('fixed', READY);
    const path = setup.path('statefulsets', 'mcp-fixed');
    const set = await cluster.api.read(path);
    const pod = await cluster.api.read(setup.path('pods', 'mcp-fixed-0'));
    // As an older operator might have made it: owned, but with another pod management policy.
    const older = JSON.parse(
      JSON.stringify(set).replace('"podManagementPolicy":"Parallel"', '"podManagementPolicy":"OrderedReady"'),
    );
    await setup.stop();
    await cluster.kubectl(['delete', 'statefulset', 'mcp-fixed', '--cascade=orphan', '--namespace', setup.namespace]);
    const { name, labels, annotations, ownerReferences } = older.metadata;
    await cluster.api.create(setup.path('statefulsets'), {
      metadata: { name, labels, annotations, ownerReferences },
      spec: older.spec,
    });
    await setup.start();
    await eventually(
      () => readSet('fixed'),
      ({ spec }) => spec.podManagementPolicy === 'Parallel',
    );
    await setup.until('fixed', READY);
    expect((await cluster.api.read(setup.path('pods', 'mcp-fixed-0'))).metadata.uid).to.equal(pod.metadata.uid);
  });

  it('runs a command in the bridge', async () => {
    const command = ['npx', '-y', '@scope/server', '$(HOME)'];
    await setup.backend('stdio', { command, transport: 'stdio', stdio: { maxSessions: 7, idle: '90s' }, drain: '0s' });
    await setup.until('stdio', READY);
    const [container] = (await readSet('stdio')).spec.template.spec.containers;
    expect(container?.image).to.equal('bridge:1');
    expect(container?.args).to.deep.equal([
      ...['bridge', '--host', '0.0.0.0', '--port', '8080', '--path', '/mcp'],
      ...['--max-sessions', '7', '--idle', '90s', '--', 'npx', '-y', '@scope/server', '$$(HOME)'],
    ]);
  });

  it('runs the bridge to a server that speaks HTTP+SSE', async () => {
    await setup.backend('legacy', { url: 'https://a.example/sse', transport: 'sse', drain: '0s' });
    await setup.until('legacy', READY);
    const [container] = (await readSet('legacy')).spec.template.spec.containers;
    expect(container?.args?.slice(-2)).to.deep.equal(['--sse', 'https://a.example:443/sse']);
  });

  it('merges podTemplate last, but keeps the labels of the pods', async () => {
    const podTemplate = {
      metadata: { labels: { team: 'a', 'app.kubernetes.io/instance': 'other' } },
      spec: {
        priorityClassName: 'system-cluster-critical',
        containers: [
          { name: 'server', env: [{ name: 'PORT', value: '1' }] },
          { name: 'side', image: 'side:1', env: [] },
        ],
      },
    };
    await setup.backend('patched', { ...IMAGE, podTemplate });
    const { spec } = await eventually(
      () => readSet('patched'),
      () => true,
    );
    expect(spec.template.metadata.labels).to.include({ team: 'a', 'app.kubernetes.io/instance': 'patched' });
    expect(spec.template.spec.priorityClassName).to.equal('system-cluster-critical');
    expect(spec.template.spec.containers.map(({ name }) => name)).to.deep.equal(['server', 'side']);
    expect(spec.template.spec.containers[0]?.env).to.deep.include({ name: 'PORT', value: '1' });
  });

  it('deletes its objects when the server moves elsewhere', async () => {
    await setup.backend('moved', IMAGE);
    await setup.until('moved', READY);
    await setup.backend('moved', { url: 'https://a.example/mcp' });
    const { status } = await setup.until('moved', { Ready: 'True External', Healthy: 'Unknown CheckedByGateway' });
    expect(status.replicas).to.equal(undefined);
    for (const kind of ['statefulsets', 'services', 'poddisruptionbudgets'] as const) {
      await eventually(
        () => names(kind),
        (found) => !found.includes('mcp-moved'),
      );
    }
    await setup.backend('moved', IMAGE);
    await setup.until('moved', READY);
  });

  it('leaves nothing of a deleted backend, and starts again under its name', async function () {
    this.timeout(200_000);
    // The garbage collector discovers new kinds only every 30 s.
    const limitMs = 60_000;
    await setup.backend('gone', IMAGE);
    await setup.until('gone', READY);
    await cluster.api.delete(setup.path('mcpbackends', 'gone'));
    await setup.backend('gone', IMAGE);
    const { uid } = (await setup.read('gone')).metadata;
    await eventually(
      () => cluster.api.read(setup.path('statefulsets', 'mcp-gone')),
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid,
      limitMs,
    );
    await setup.until('gone', READY);
    await cluster.api.delete(setup.path('mcpbackends', 'gone'));
    for (const kind of ['statefulsets', 'services', 'poddisruptionbudgets'] as const) {
      await eventually(
        () => names(kind),
        (found) => !found.includes('mcp-gone'),
        limitMs,
      );
    }
    await eventually(
      () => names('pods'),
      (found) => !found.some((name) => name.startsWith('mcp-gone-')),
      limitMs,
    );
  });
});
