import { expect } from 'chai';
import { clusterBackendSchema } from '../../../core/registry/backend.ts';
import { backendOfPod, backendOfWorkload } from '../../../k8s/mcpbackend/names.ts';
import { contains } from '../../../k8s/operator/contains.ts';
import { desiredObjects } from '../../../k8s/operator/desired.ts';
import { mergeTemplate } from '../../../k8s/operator/merge.ts';

/** The pod template of a backend with these keys. */
function template(keys: object) {
  const backend = clusterBackendSchema.parse({ name: 'a', ...keys });
  const set = desiredObjects(backend, 'uid', 'bridge:1').find(({ resource }) => resource.kind === 'StatefulSet');
  const { spec } = JSON.parse(JSON.stringify(set?.body)).spec.template;
  return { pod: spec, server: spec.containers[0] };
}

describe('k8s/operator/desired', () => {
  it('makes no objects for a server that runs elsewhere', () => {
    for (const keys of [{ url: 'http://a.example' }, { service: { name: 's' } }]) {
      expect(desiredObjects(clusterBackendSchema.parse({ name: 'a', ...keys }), 'uid', 'b')).to.deep.equal([]);
    }
  });

  it('changes the hash of an object only if its spec changes', () => {
    const hashes = (keys: object) =>
      desiredObjects(clusterBackendSchema.parse({ name: 'a', image: 'i', ...keys }), 'uid', 'b').map(
        ({ hash }) => hash,
      );
    expect(hashes({})).to.deep.equal(hashes({ tenants: ['x'], affinity: 'none' }));
    const [service, set, budget] = hashes({});
    const [otherService, otherSet, otherBudget] = hashes({ image: 'j' });
    expect([otherService, otherBudget]).to.deep.equal([service, budget]);
    expect(otherSet).not.to.equal(set);
  });

  it('gives a server no privileges that it does not need', () => {
    const { pod, server } = template({ image: 'i' });
    expect(pod).to.include({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod.securityContext).to.deep.equal({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(server.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('lets sessions continue for the drain time, and the pod run 30 s longer', () => {
    const { pod, server } = template({ image: 'i', drain: '1500ms' });
    expect(server.lifecycle).to.deep.equal({ preStop: { sleep: { seconds: 2 } } });
    expect(pod.terminationGracePeriodSeconds).to.equal(32);
    const none = template({ image: 'i', drain: '0s' });
    expect(none.server).not.to.have.property('lifecycle');
    expect(none.pod.terminationGracePeriodSeconds).to.equal(30);
  });

  it('probes according to the health check', () => {
    const http = template({ image: 'i', healthCheck: { path: '/up', interval: '1500ms', timeout: '100ms' } }).server;
    expect(http.readinessProbe).to.deep.equal({
      httpGet: { path: '/up', port: 'mcp', scheme: 'HTTP' },
      periodSeconds: 2,
      timeoutSeconds: 1,
      failureThreshold: 3,
      successThreshold: 1,
    });
    expect(http.livenessProbe.failureThreshold).to.equal(9);
    expect(http.startupProbe.failureThreshold * http.startupProbe.periodSeconds).to.equal(300);
    expect(template({ image: 'i', healthCheck: { type: 'tcp' } }).server.readinessProbe).to.have.property('tcpSocket');
    expect(template({ image: 'i', healthCheck: { type: 'none' } }).server).not.to.have.any.keys(
      'readinessProbe',
      'livenessProbe',
      'startupProbe',
    );
  });

  it('passes the environment on unchanged', () => {
    const { server } = template({
      image: 'i',
      port: 9000,
      env: { A: '$(PORT) $$ $', B: 5 },
      secretEnv: { C: { name: 's', key: 'k' } },
    });
    expect(server.env).to.deep.equal([
      { name: 'PORT', value: '9000' },
      { name: 'A', value: '$$(PORT) $$$$ $$' },
      { name: 'B', value: '5' },
      { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ]);
    expect(server.ports).to.deep.equal([{ name: 'mcp', containerPort: 9000, protocol: 'TCP' }]);
  });

  it('gives the bridge a writable HOME, unless the backend sets one', () => {
    const stdio = { command: ['npx', 'x'], transport: 'stdio' };
    const home = ({ env }: { env: { name: string }[] }) => env.filter(({ name }) => name === 'HOME');
    expect(home(template(stdio).server)).to.deep.equal([{ name: 'HOME', value: '/tmp' }]);
    expect(home(template({ ...stdio, env: { HOME: '/h' } }).server)).to.deep.equal([{ name: 'HOME', value: '/h' }]);
    const secretEnv = { HOME: { name: 's', key: 'k' } };
    expect(home(template({ ...stdio, secretEnv }).server)).to.have.length(1);
  });

  it('schedules pods as specified', () => {
    const { pod, server } = template({
      ...{ image: 'i', args: ['x'], imagePullSecrets: ['p'], nodeSelector: { a: 'b' }, serviceAccount: 'sa' },
      compute: { limits: { cpu: 1 } },
    });
    expect(pod).to.deep.include({
      imagePullSecrets: [{ name: 'p' }],
      nodeSelector: { a: 'b' },
      serviceAccountName: 'sa',
    });
    expect(server).to.deep.include({ args: ['x'], resources: { limits: { cpu: '1' } } });
  });
});

describe('k8s/operator/merge', () => {
  for (const [what, base, patch, wanted] of [
    ['mappings by key', { a: 1, b: { c: 1 } }, { b: { d: 2 } }, { a: 1, b: { c: 1, d: 2 } }],
    ['null removes a key', { a: 1, b: { c: 1 } }, { a: null, b: { c: null } }, { b: {} }],
    ['lists are replaced', { tolerations: [1, 2] }, { tolerations: [3] }, { tolerations: [3] }],
    [
      'containers by name',
      { containers: [{ name: 'a', image: 'i' }] },
      { containers: [{ name: 'b' }, { name: 'a', tty: true }] },
      { containers: [{ name: 'a', image: 'i', tty: true }, { name: 'b' }] },
    ],
    [
      'mounts by path',
      { volumeMounts: [{ name: 'x', mountPath: '/tmp' }] },
      { volumeMounts: [{ name: 'y', mountPath: '/tmp' }] },
      { volumeMounts: [{ name: 'y', mountPath: '/tmp' }] },
    ],
    ['a new key, without its nulls', {}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ] as const) {
    it(what, () => expect(mergeTemplate(base, patch)).to.deep.equal(wanted));
  }

  it('does not change a prototype', () => {
    const merged = mergeTemplate({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.getPrototypeOf(merged)).to.equal(Object.prototype);
    expect('polluted' in {}).to.equal(false);
  });
});

describe('k8s/operator/contains', () => {
  for (const [actual, wanted, is] of [
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[{ n: 'x', d: 1 }, { n: 'y' }], [{ n: 'x' }], true],
    [[{ n: 'y' }, { n: 'x' }], [{ n: 'x' }, { n: 'y' }], false],
    [{ limits: { cpu: '1', memory: '1Gi' } }, { limits: { cpu: '1000m', memory: '1024Mi' } }, true],
    [{ limits: { cpu: '1' } }, { limits: { cpu: '2' } }, false],
    [{ env: [{ name: 'A', value: '1' }] }, { env: [{ name: 'A', value: '1.0' }] }, false],
    [{}, { a: [], b: {} }, true],
    [{}, { a: [1] }, false],
    [null, { a: 1 }, false],
  ] as const) {
    it(`${JSON.stringify(actual)} ${is ? 'has' : 'has not'} ${JSON.stringify(wanted)}`, () =>
      expect(contains(actual, wanted)).to.equal(is));
  }
});

describe('k8s/mcpbackend/names', () => {
  it('finds the backend of an object by its name', () => {
    expect(backendOfWorkload('mcp-a-1')).to.equal('a-1');
    expect(backendOfWorkload('mcp-')).to.equal(undefined);
    expect(backendOfWorkload('other')).to.equal(undefined);
    expect(backendOfPod('mcp-a-1-12')).to.equal('a-1');
    expect(backendOfPod('mcp-a')).to.equal(undefined);
  });
});
