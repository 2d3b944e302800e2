import { expect } from 'chai';
import { UserError } from '../../core/errors.ts';
import { withUserErrors } from '../../k8s/admin/errors.ts';
import { ApiError, type ApiErrorKind } from '../../k8s/api/errors.ts';
import { createTrouble, troubleOf } from '../../k8s/mcpbackend/trouble.ts';
import { parsePod } from '../../k8s/objects/pods.ts';
import { parseStatefulSet } from '../../k8s/objects/stateful-sets.ts';
import { forbidden, invalid, nameTaken, rejected, VALID } from '../../k8s/operator/accepted.ts';
import { serviceState, urlState, workloadState } from '../../k8s/operator/condition-states.ts';
import { NOTES } from '../../k8s/operator/notes.ts';
import { statusOf } from '../../k8s/operator/status.ts';
import { parseTenantsObject, tenantsMissing } from '../../k8s/operator/tenants.ts';
import { type ServiceView, serviceEndpoints } from '../../k8s/registry/endpoints.ts';
import { readEndpointPod } from '../../k8s/registry/pods.ts';
import { ClusterTenants } from '../../k8s/registry/tenants.ts';

// The wording of conditions, events and notes. Other tests assert reasons and names.

/** A message with its reason; undefined if there is none. */
type Said = { reason: string; message: string } | undefined;
type Row = [said: Said, reason: string, message: string];

const apiError = (kind: ApiErrorKind) =>
  new ApiError({ kind, operation: 'patch statefulsets a in the namespace mcp', status: 0, detail: 'why' });
const BACKEND = { name: 'a', uid: 'u' };
const owner = (kind: string, name: string) => ({ controller: { kind, name, uid: 'v' } });

const configMap = (data: object) =>
  parseTenantsObject({ metadata: { name: 'tenants', namespace: 'ns', uid: 'u' }, data })?.state;
const TENANTS = 'tenants: [{name: t, match: [{group: g}]}]';

const set = (replicas: number, status: object = {}) => parseStatefulSet({ metadata: {}, spec: { replicas }, status });
const workload = (replicas: number, status: object = {}, pods: NonNullable<ReturnType<typeof parsePod>>[] = []) =>
  workloadState({ workload: set(replicas, status), pods, failedCreate: undefined });
const ROLLING = { currentRevision: '1', updateRevision: '2', updatedReplicas: 1, readyReplicas: 2 };

const pod = (status: object) => {
  const parsed = parsePod({ metadata: { name: 'mcp-a-0', namespace: 'mcp', uid: 'u' }, spec: {}, status });
  if (parsed === undefined) throw new Error('not a pod');
  return parsed;
};
const container = (state: object, more: object = {}) => ({ name: 'server', image: 'i:1', state, ...more });
const waiting = (reason: string, message = '', more: object = {}) =>
  pod({ containerStatuses: [container({ waiting: { reason, message } }, more)] });
const ended = (exitCode: number, reason = '') => ({
  restartCount: exitCode === 3 ? 4 : 1,
  lastState: { terminated: { exitCode, reason } },
});
const NOT_READY = { type: 'Ready', status: 'False' };
const UNSCHEDULABLE = { type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' };

const WEB = { name: 'web', port: 80 };
const SLICE = { service: 's', ports: [WEB, { name: 'tls', port: 443 }], endpoints: [] };
const slice = (ready: number) => ({ service: 's', ready, total: 3 });

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  Accepted: [
    [VALID, 'Valid', 'the spec is valid'],
    [invalid(['url: a', 'port: b']), 'Invalid', 'url: a; port: b'],
    [forbidden(apiError('forbidden')), 'Forbidden', 'cannot patch statefulsets a in the namespace mcp: why'],
    [rejected('StatefulSet', apiError('rejected')), 'Refused', 'the API server rejected the StatefulSet: why'],
    [
      ...([nameTaken(BACKEND, { controller: undefined }, 'Service'), 'NameTaken'] as const),
      'the Service mcp-a exists and has no controller, so the operator does not change it: delete it, or rename the MCPBackend',
    ],
    [
      ...([nameTaken(BACKEND, owner('ConfigMap', 'c'), 'Service'), 'NameTaken'] as const),
      'the Service mcp-a exists and is controlled by the ConfigMap c, so the operator does not change it: delete it, or rename the MCPBackend',
    ],
  ],
  TenantsValid: [
    [configMap({ 'tenants.yaml': TENANTS }), 'Valid', 'the tenants in the ConfigMap tenants are valid'],
    [configMap({}), 'InvalidTenants', 'the ConfigMap tenants has no key tenants.yaml'],
    [tenantsMissing('tenants'), 'TenantsMissing', 'the ConfigMap tenants with the tenants does not exist'],
  ],
  'Ready of a workload': [
    [
      workloadState({ workload: undefined, pods: [], failedCreate: undefined }).ready,
      'Creating',
      'the StatefulSet does not exist yet',
    ],
    [workload(0).ready, 'ScaledToZero', 'replicas is 0, so no server runs'],
    [workload(2, { readyReplicas: 2 }).ready, 'ReplicasReady', '2 of 2 replicas are ready'],
    [workload(1).ready, 'Starting', '0 of 1 replica is ready'],
    [workload(3, ROLLING).ready, 'RollingOut', '1 of 3 replicas run the new version; 2 of 3 replicas are ready'],
    [
      workload(1, {}, [waiting('ErrImagePull')]).ready,
      'ImagePullFailed',
      '0 of 1 replica is ready; the image i:1 cannot be pulled',
    ],
  ],
  'Healthy of a workload': [
    [workload(2, { readyReplicas: 1 }).healthy, 'Serving', '1 of 2 replicas are ready'],
    [workload(2).healthy, 'NoReplicaReady', '0 of 2 replicas are ready'],
  ],
  'a Service': [
    [
      serviceState({ name: 's' }, undefined, []).ready,
      'ServiceMissing',
      'the Service s does not exist in this namespace',
    ],
    [serviceState({ name: 's' }, [WEB], []).ready, 'ServiceFound', 'the Service s exists'],
    [
      serviceState({ name: 's' }, [WEB, { name: '', port: 9 }], []).ready,
      'PortMissing',
      'the Service s has 2 ports: set service.port to one of web (80), 9',
    ],
    [
      serviceState({ name: 's', port: 'http' }, [WEB], []).ready,
      'PortMissing',
      'the Service s has no port http: set service.port to one of web (80)',
    ],
    [serviceState({ name: 's' }, [WEB], [slice(2)]).healthy, 'Serving', '2 of 3 endpoints are ready'],
    [
      serviceState({ name: 's' }, [WEB], [slice(0)]).healthy,
      'NoEndpointReady',
      'none of the 3 endpoints of the Service s is ready',
    ],
  ],
  'a URL': [
    [urlState().ready, 'External', 'the server runs elsewhere; the gateway calls its URL'],
    [urlState().healthy, 'CheckedByGateway', 'each gateway checks the URL itself: run mcp-gateway status'],
  ],
  'a pod': [
    [
      troubleOf(pod({ conditions: [UNSCHEDULABLE] })),
      'Unschedulable',
      'no node can run the pod mcp-a-0: 0/2 nodes are available',
    ],
    [troubleOf(waiting('ImagePullBackOff', 'x')), 'ImagePullFailed', 'the image i:1 cannot be pulled: x'],
    [
      troubleOf(waiting('CrashLoopBackOff', 'x', ended(3))),
      'CrashLoop',
      'the server in the pod mcp-a-0 exited with code 3 (4 restarts): see kubectl logs --namespace mcp mcp-a-0 --previous',
    ],
    [
      troubleOf(waiting('CrashLoopBackOff', 'x', ended(137, 'OOMKilled'))),
      'OutOfMemory',
      'the server in the pod mcp-a-0 exceeded its memory limit and was killed (1 restart): raise compute.limits.memory',
    ],
    [
      troubleOf(waiting('CreateContainerConfigError', 'secret "jira" not found')),
      'SecretMissing',
      'the pod mcp-a-0 needs a Secret or key that does not exist: secret "jira" not found',
    ],
    [
      troubleOf(waiting('CreateContainerConfigError', 'runAsNonRoot')),
      'RunsAsRoot',
      'the image would run as root, which is not allowed: use an image with a numeric user other than root, or set podTemplate.spec.securityContext.runAsUser (runAsNonRoot)',
    ],
    [troubleOf(waiting('RunContainerError', 'x')), 'ContainerCannotStart', 'the pod mcp-a-0 cannot start: x'],
    [
      troubleOf(pod({ conditions: [NOT_READY], containerStatuses: [container({ running: {} })] })),
      'HealthCheckFailing',
      'the pod mcp-a-0 runs but fails its health check',
    ],
    [
      createTrouble('exceeded quota: q'),
      'QuotaExceeded',
      'a resource quota of the namespace allows no more pods: exceeded quota: q',
    ],
    [
      createTrouble('serviceaccount "x" not found'),
      'ServiceAccountMissing',
      'the ServiceAccount of the pods does not exist: serviceaccount "x" not found',
    ],
    [createTrouble('x'), 'PodRefused', 'the API server rejected the pod: x'],
  ],
};

/** Why a Service has no endpoint for a backend. */
const notesOf = (view: Partial<ServiceView>) =>
  serviceEndpoints({ name: 's', port: undefined, service: undefined, slices: [], podOf: () => undefined, ...view })
    .notes;
const tenantsProblems = (...texts: (string | undefined)[]) => {
  const tenants = new ClusterTenants('ns', 'tenants');
  for (const text of texts) tenants.update(text);
  return tenants.problems.map(({ message }) => message);
};
const failed = (status: object) =>
  readEndpointPod({ metadata: { name: 'p', uid: 'u' }, spec: {}, status: { phase: 'Failed', ...status } })?.trouble;

/** What the registry of a cluster reports about backends and tenants. */
const REGISTRY: readonly [said: string | undefined, message: string][] = [
  [notesOf({})[0], 'the Service s does not exist'],
  [
    notesOf({ service: { type: 'ExternalName', ports: [] } })[0],
    'the Service s has the type ExternalName and so no endpoints: use url instead',
  ],
  [
    notesOf({ service: { type: 'ClusterIP', ports: [WEB] }, port: 81, slices: [SLICE] })[0],
    'the Service s has no port 81',
  ],
  [
    notesOf({ service: { type: 'ClusterIP', ports: [WEB] }, slices: [SLICE] })[0],
    'the Service s has several ports (web, tls): set service.port to one of them',
  ],
  [failed({}), 'a pod has failed'],
  [
    failed({ reason: 'Evicted', message: 'the node was low on memory' }),
    'a pod has failed: Evicted: the node was low on memory',
  ],
  [tenantsProblems(undefined)[0], 'does not exist'],
  [tenantsProblems(TENANTS, undefined)[0], 'does not exist; keeping the last good tenants'],
  [tenantsProblems(TENANTS, '')[0], 'has no key tenants.yaml; keeping the last good tenants'],
];

/** What a command or an admin tool says if the API server does not do what it asks. */
const HINTS: readonly [kind: ApiErrorKind, hint: string | undefined][] = [
  ['not-found', 'Check that the CustomResourceDefinition of MCPBackend is installed, and that the name is right.'],
  [
    'unauthorized',
    'The credentials may have expired, or belong to another cluster. Log in again, or choose another context.',
  ],
  ['forbidden', 'Grant this user or ServiceAccount the permission to patch statefulsets a in the namespace mcp.'],
  ['transient', 'Check that the cluster is running, and that the kubeconfig has the right server.'],
  ['conflict', 'Another client kept changing the object at the same time. Read it again, then retry.'],
  ['rejected', undefined],
];

describe('hints of errors of the API', () => {
  for (const [kind, hint] of HINTS) {
    it(kind, async () => {
      const error = await withUserErrors(() => Promise.reject(apiError(kind))).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError).and.include({ hint });
    });
  }
});

describe('messages of the registry of a cluster', () => {
  for (const [said, message] of REGISTRY) it(message, () => expect(said).to.equal(message));
});

describe('messages of the operator', () => {
  for (const [about, rows] of Object.entries(ROWS)) {
    describe(about, () => {
      for (const [said, reason, message] of rows) {
        it(`${reason}: ${message.slice(0, 50)}`, () => {
          expect(said?.reason).to.equal(reason);
          expect(said?.message).to.equal(message);
        });
      }
    });
  }

  it('InvalidTenants names each problem of the document', () => {
    const state = configMap({ 'tenants.yaml': 'tenants: 1' });
    expect(state?.reason).to.equal('InvalidTenants');
    expect(state?.message).to.match(/^keeping the last good tenants: tenants\.yaml.*tenants/);
  });

  it('NotAccepted says whether the last accepted version keeps running', () => {
    const object = {
      ...{ ...BACKEND, namespace: 'mcp', resourceVersion: '1', generation: 1, deleting: false },
      ...{ status: { conditions: [] }, backend: { ok: false as const, problems: [] } },
    };
    const parts = { accepted: invalid(['x']), tenants: VALID, publicUrl: undefined, now: new Date(0) };
    const ready = (serving: ReturnType<typeof workload> | undefined) =>
      statusOf(object, { ...parts, serving }).conditions.find(({ type }) => type === 'Ready');
    expect(ready(undefined)).to.include({ reason: 'NotAccepted', message: 'no server runs' });
    expect(ready(workload(1, { readyReplicas: 1 }))).to.include({
      reason: 'NotAccepted',
      message: 'keeping the last accepted version: 1 of 1 replica is ready',
    });
  });

  it('Reconciled says what was done', () => {
    expect(Object.values(NOTES).map((note) => note('StatefulSet', 'mcp-a'))).to.deep.equal([
      'created the StatefulSet mcp-a',
      'updated the StatefulSet mcp-a',
      'reverted changes to the StatefulSet mcp-a',
      'deleted the StatefulSet mcp-a without its pods, to create it again: a changed field cannot be updated',
      'deleted the StatefulSet mcp-a: the operator no longer runs the server',
    ]);
  });
});
