import { expect } from 'chai';
import { parseService } from '../../../k8s/objects/services.ts';
import { ClusterCatalog, parseBackend } from '../../../k8s/registry/catalog.ts';
import { readEndpointPod } from '../../../k8s/registry/pods.ts';
import { readSlice } from '../../../k8s/registry/slices.ts';
import { ClusterTenants, readTenantsText } from '../../../k8s/registry/tenants.ts';

const backendObject = (spec: object, more: object = {}) => ({
  metadata: { name: 'a', namespace: 'mcp', ...more },
  spec,
});
const podObject = (status: object, metadata: object = {}, spec: object = {}) => ({
  metadata: { name: 'p', uid: 'u', resourceVersion: '1', ...metadata },
  spec: { containers: [{ name: 'server', ports: [{ containerPort: 8080 }] }, { name: 'other' }], ...spec },
  status,
});
const READY = { conditions: [{ type: 'Ready', status: 'True' }] };

describe('k8s/registry reads', () => {
  it('an EndpointSlice', () => {
    const labels = { 'kubernetes.io/service-name': 's' };
    const read = (more: object) => readSlice({ metadata: { labels }, addressType: 'IPv4', ...more });
    expect(
      read({
        ports: [{ name: 'mcp', port: 1 }, { port: 2, protocol: 'UDP' }, { name: null, port: 3, protocol: 'TCP' }, {}],
        endpoints: [
          { addresses: ['10.0.0.1', '10.0.0.2'], conditions: {}, targetRef: { kind: 'Pod', name: 'p', uid: 'u' } },
          { addresses: ['10.0.0.3'], conditions: { ready: true, serving: true, terminating: true } },
          { addresses: ['10.0.0.4'], conditions: { ready: false }, targetRef: { kind: 'Node', name: 'n' } },
          { addresses: ['10.0.0.5'] },
        ],
      }),
    ).to.deep.equal({
      service: 's',
      ports: [
        { name: 'mcp', port: 1 },
        { name: '', port: 3 },
      ],
      endpoints: [
        { ip: '10.0.0.1', ready: true, pod: { name: 'p', uid: 'u' } },
        { ip: '10.0.0.3', ready: false, pod: undefined },
        { ip: '10.0.0.4', ready: false, pod: undefined },
        { ip: '10.0.0.5', ready: true, pod: undefined },
      ],
    });
    expect(read({ ports: null, endpoints: null })).to.deep.equal({ service: 's', ports: [], endpoints: [] });
    expect(read({ addressType: 'FQDN' })).to.equal(undefined);
    expect(readSlice({ metadata: {}, addressType: 'IPv4' })).to.equal(undefined);
    expect(readSlice('x')).to.equal(undefined);
  });

  it('a pod: its addresses, the primary one first, and each container', () => {
    const status = {
      podIP: '10.0.0.1',
      podIPs: [{ ip: 'fd00::1' }, { ip: '10.0.0.1' }],
      containerStatuses: [{ name: 'server', restartCount: 3, state: { running: { startedAt: 'x' } } }],
      ...READY,
    };
    expect(readEndpointPod(podObject(status, { labels: { 'mcpgateway.dev/backend': 'github' } }))).to.deep.equal({
      uid: 'u',
      ips: ['10.0.0.1', 'fd00::1'],
      backend: 'github',
      ready: true,
      containers: [
        { ports: [8080], running: true, restarts: 3 },
        { ports: [], running: false, restarts: 0 },
      ],
      trouble: undefined,
    });
    expect(readEndpointPod(podObject({}))).to.deep.include({ ips: [], ready: false });
    expect(readEndpointPod(podObject(READY, { deletionTimestamp: '2026-01-01T00:00:00Z' }))?.ready).to.equal(false);
    expect(readEndpointPod({ metadata: {} })).to.equal(undefined);
  });

  it('why a pod does not serve', () => {
    const labels = { 'mcpgateway.dev/backend': 'a' };
    const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
    const pulled = podObject({ containerStatuses: [{ name: 'server', image: 'x:1', state: { waiting } }] }, { labels });
    expect(readEndpointPod(pulled)?.trouble).to.contain('x:1').and.contain('no such image');
    const evicted = podObject(
      { phase: 'Failed', reason: 'Evicted', message: 'the node was low on memory' },
      { labels },
    );
    expect(readEndpointPod(evicted)?.trouble).to.contain('Evicted: the node was low on memory');
  });

  it('a Service', () => {
    expect(parseService({ spec: { ports: [{ port: 80 }] } })).to.deep.equal({
      type: 'ClusterIP',
      ports: [{ name: '', port: 80 }],
    });
    expect(parseService({})).to.equal(undefined);
  });

  it('an MCPBackend, with the path of every problem', () => {
    const sound = parseBackend(backendObject({ url: 'http://a.example/mcp' }));
    expect(sound?.ok && sound.value.name).to.equal('a');
    const wrong = parseBackend(backendObject({ url: 'http://a.example', drain: 5, caFile: '/etc/passwd' }));
    expect(wrong?.ok === false && wrong.problems.map(({ source, path }) => `${source} ${path}`)).to.have.members([
      'MCPBackend mcp/a spec.drain',
    ]);
    const file = parseBackend(backendObject({ url: 'https://a.example', caFile: '/etc/passwd' }));
    expect(file?.ok === false && file.problems.map(({ path }) => path)).to.include('spec.caFile');
    expect(parseBackend(backendObject({ url: 'http://a.example' }, { deletionTimestamp: 'x' }))).to.equal(undefined);
  });
});

describe('k8s/registry keeps the last good state', () => {
  const readings = (specs: Record<string, object>) =>
    new Map(
      Object.entries(specs).flatMap(([name, spec]) => {
        const reading = parseBackend(backendObject(spec, { name }));
        return reading === undefined ? [] : [[name, reading] as const];
      }),
    );
  const GOOD = { url: 'http://a.example' };

  it('of backends, until they are deleted', () => {
    const catalog = new ClusterCatalog();
    const first = readings({ a: GOOD, b: { replicas: 1 } });
    expect(catalog.update(new Set(['a', 'b']), first)).to.equal(true);
    expect([...catalog.backends.keys()]).to.deep.equal(['a']);
    expect(catalog.problems.map(({ source }) => source)).to.deep.equal(['MCPBackend mcp/b']);
    const before = catalog.backends.get('a');
    expect(catalog.update(new Set(['a']), readings({ a: { ...GOOD, affinity: 'x' }, b: { replicas: 1 } }))).to.equal(
      true,
    );
    expect(catalog.backends.get('a')).to.equal(before);
    expect(catalog.problems).to.have.length(2);
    expect(catalog.update(new Set(['a', 'b']), new Map())).to.equal(true);
    expect(catalog.backends.size + catalog.problems.length).to.equal(0);
    expect(catalog.update(new Set(['a']), new Map())).to.equal(false);
  });

  it('of tenants, if the ConfigMap is invalid or deleted', () => {
    const tenants = new ClusterTenants('ns', 'name');
    tenants.update(undefined);
    expect(tenants.current).to.equal(undefined);
    expect(tenants.problems.map(({ source }) => source)).to.deep.equal(['ConfigMap ns/name']);
    const metadata = { name: 'name', namespace: 'ns', uid: 'u' };
    const text = readTenantsText({
      metadata,
      data: { 'tenants.yaml': 'tenants: [{name: t, match: [{claim: c, value: v}]}]' },
    });
    tenants.update(text);
    const { current } = tenants;
    expect(current?.map(({ name }) => name)).to.deep.equal(['t']);
    for (const [after, message] of [
      ['tenants: []', /tenants/],
      [undefined, /exist/],
      [readTenantsText({ metadata, data: { other: 'x' } }), /tenants\.yaml/],
    ] as const) {
      tenants.update(after);
      expect(tenants.current).to.equal(current);
      expect(tenants.problems.map(({ path, message: text }) => `${path} ${text}`).join()).to.match(message);
    }
  });
});
