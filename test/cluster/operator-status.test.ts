import { expect } from 'chai';
import { z } from 'zod';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, setUpOperator } from './operator-support.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };

/** Pod status of a container that waits, or runs but is not ready, as a kubelet reports it. */
function broken(state: object, extra: object = {}) {
  const container = { name: 'server', image: IMAGE.image, imageID: '', ready: false, restartCount: 0, state, ...extra };
  const now = new Date().toISOString();
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'False', lastTransitionTime: now }));
  return { status: { phase: 'Running', conditions, containerStatuses: [container] } };
}

const waiting = (reason: string, message: string) => ({ waiting: { reason, message } });

describe('the status of an MCPBackend', function () {
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

  const eventsOf = async (name: string) => {
    const events = await cluster.api.list(`/apis/events.k8s.io/v1/namespaces/${setup.namespace}/events`);
    return events
      .map((event) =>
        z.looseObject({ regarding: z.looseObject({ name: z.string() }), reason: z.string() }).parse(event),
      )
      .filter(({ regarding }) => regarding.name === name)
      .map(({ reason }) => reason);
  };

  describe('with a pod that', () => {
    const cases: [what: string, pod: object, ready: string, message: RegExp][] = [
      [
        'cannot pull its image',
        broken(waiting('ImagePullBackOff', 'Back-off pulling image')),
        'ImagePullFailed',
        /ghcr\.io\/acme\/a:1 .*Back-off pulling image/,
      ],
      [
        'keeps crashing',
        broken(waiting('CrashLoopBackOff', 'back-off 5m0s'), {
          restartCount: 4,
          lastState: { terminated: { exitCode: 3, reason: 'Error', startedAt: null, finishedAt: null } },
        }),
        'CrashLoop',
        / 3 \(4 restarts\).* kubectl logs --namespace \S+ mcp-\S+-0 --previous/,
      ],
      [
        'exceeds its memory limit',
        broken(waiting('CrashLoopBackOff', ''), {
          restartCount: 1,
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: null, finishedAt: null } },
        }),
        'OutOfMemory',
        /\(1 restart\).*compute\.limits\.memory/,
      ],
      [
        'needs a missing Secret',
        broken(waiting('CreateContainerConfigError', 'secret "jira" not found')),
        'SecretMissing',
        /secret "jira" not found/,
      ],
      [
        'needs a missing key of a Secret',
        broken(waiting('CreateContainerConfigError', "couldn't find key token in Secret mcp/jira")),
        'SecretMissing',
        /couldn't find key token/,
      ],
      [
        'would run as root',
        broken(waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root')),
        'RunsAsRoot',
        /runAsUser/,
      ],
      [
        'cannot be started',
        broken(waiting('RunContainerError', 'exec: "x": not found')),
        'ContainerCannotStart',
        /exec: "x": not found/,
      ],
      ['fails its health check', broken({ running: { startedAt: null } }), 'HealthCheckFailing', /health check/],
    ];
    for (const [index, [what, status, reason, message]] of cases.entries()) {
      it(what, async () => {
        const name = `pod-${index}`;
        await setup.backend(name, IMAGE);
        await setup.until(name, { Ready: 'True ReplicasReady' });
        await cluster.api.patch(`${setup.path('pods', `mcp-${name}-0`)}/status`, status, 'strategic');
        await setup.until(name, { Ready: `False ${reason}`, Healthy: `False ${reason}`, Accepted: 'True Valid' });
        expect(await setup.message(name, 'Ready'))
          .to.match(message)
          .and.match(/^0 of 1 replica is ready; /);
        await eventually(
          () => eventsOf(name),
          (reasons) => reasons.includes(reason),
        );
      });
    }
  });

  it('stays healthy while one of two replicas fails', async () => {
    await setup.backend('half', { ...IMAGE, replicas: 2 });
    await setup.until('half', { Ready: 'True ReplicasReady' });
    const status = broken(waiting('ImagePullBackOff', 'x'));
    await cluster.api.patch(`${setup.path('pods', 'mcp-half-1')}/status`, status, 'strategic');
    const seen = await setup.until('half', { Ready: 'False ImagePullFailed', Healthy: 'True Serving' });
    expect(seen.status.readyReplicas).to.equal(1);
  });

  it('reports that no node can run a pod', async () => {
    await setup.backend('homeless', { ...IMAGE, nodeSelector: { disk: 'none' } });
    await setup.until('homeless', { Ready: 'False Unschedulable' });
    expect(await setup.message('homeless', 'Ready')).to.contain('0/2 nodes are available');
  });

  it('reports that a resource quota is exceeded', async () => {
    const own = await setUpOperator(cluster);
    await cluster.apply(
      '{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "0"}}}',
      own.namespace,
    );
    await own.start();
    await own.backend('poor', IMAGE);
    await own.until('poor', { Ready: 'False QuotaExceeded' });
    expect(await own.message('poor', 'Ready')).to.contain('exceeded quota: q');
    await own.stop();
  });

  it('reports that the ServiceAccount of the pods is missing', async () => {
    await setup.backend('nobody', { ...IMAGE, serviceAccount: 'nobody' });
    await setup.until('nobody', { Ready: 'False ServiceAccountMissing' });
  });

  it('reports why the API server rejects a pod template', async () => {
    await setup.backend('refused', { ...IMAGE, podTemplate: { spec: { restartPolicy: 'Sometimes' } } });
    await setup.until('refused', { Accepted: 'False Refused', Ready: 'False NotAccepted' });
    expect(await setup.message('refused', 'Accepted')).to.contain('restartPolicy');
    await setup.backend('refused', IMAGE);
    await setup.until('refused', { Accepted: 'True Valid', Ready: 'True ReplicasReady' });
  });

  it('reports problems that only the operator finds, and keeps the last accepted version running', async () => {
    await setup.backend('wrong', IMAGE);
    await setup.until('wrong', { Ready: 'True ReplicasReady' });
    await setup.backend('wrong', { urls: ['http://a.example/x', 'http://b.example/y'] });
    await setup.until('wrong', { Accepted: 'False Invalid', Ready: 'False NotAccepted', Healthy: 'True Serving' });
    expect(await setup.message('wrong', 'Accepted')).to.contain(
      'urls[1]: must have the scheme and path of the first URL',
    );
    expect(await setup.message('wrong', 'Ready')).to.contain('1 of 1 replica');
  });

  it('follows the endpoints of a Service', async () => {
    await setup.backend('svc', { service: { name: 'theirs', port: 'http' } });
    await setup.until('svc', { Ready: 'False ServiceMissing', Healthy: 'False ServiceMissing' });
    const ports = [{ name: 'web', port: 80 }];
    await cluster.api.create(setup.path('services'), { metadata: { name: 'theirs' }, spec: { ports } });
    await setup.until('svc', { Ready: 'False PortMissing', Healthy: 'False NoEndpointReady' });
    expect(await setup.message('svc', 'Ready')).to.match(/port http.*web \(80\)/);
    await cluster.api.patch(setup.path('services', 'theirs'), { spec: { ports: [{ name: 'http', port: 80 }] } });
    await setup.until('svc', { Ready: 'True ServiceFound' });
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${setup.namespace}/endpointslices`;
    const slice = (ready: boolean) => ({
      metadata: { name: 'theirs-1', labels: { 'kubernetes.io/service-name': 'theirs' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80 }],
      endpoints: [{ addresses: ['10.9.9.9'], conditions: { ready } }],
    });
    await cluster.api.create(slices, slice(true));
    const { status } = await setup.until('svc', { Healthy: 'True Serving' });
    expect(status.readyReplicas).to.equal(1);
    await cluster.api.patch(`${slices}/theirs-1`, slice(false));
    await setup.until('svc', { Healthy: 'False NoEndpointReady' });
    await cluster.api.patch(`${slices}/theirs-1`, slice(true));
    await setup.until('svc', { Healthy: 'True Serving' });
    await cluster.api.delete(`${slices}/theirs-1`);
    await setup.until('svc', { Healthy: 'False NoEndpointReady' });
  });

  it('changes the time of a condition only with its status', async () => {
    await setup.backend('timed', IMAGE);
    const before = await setup.until('timed', { Ready: 'True ReplicasReady' });
    const timeOf = ({ status }: typeof before, type: string) =>
      status.conditions.find((condition) => condition.type === type)?.lastTransitionTime;
    // Long ago, so that a new time would differ.
    const conditions = before.status.conditions.map((one) => ({ ...one, lastTransitionTime: '2020-01-01T00:00:00Z' }));
    await cluster.api.patch(`${setup.path('mcpbackends', 'timed')}/status`, { status: { conditions } });
    await setup.backend('timed', { ...IMAGE, replicas: 2, tenants: ['a'] });
    const after = await eventually(
      () => setup.read('timed'),
      ({ status }) =>
        status.readyReplicas === 2 && status.conditions.every(({ observedGeneration }) => observedGeneration === 2),
    );
    expect(timeOf(after, 'Accepted')).to.equal('2020-01-01T00:00:00Z');
    expect(timeOf(after, 'Healthy')).to.equal('2020-01-01T00:00:00Z');
  });
});
