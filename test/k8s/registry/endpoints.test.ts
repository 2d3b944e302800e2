import { expect } from 'chai';
import { type ServiceView, serviceEndpoints, survivors } from '../../../k8s/registry/endpoints.ts';
import type { EndpointPod } from '../../../k8s/registry/pods.ts';
import type { Slice } from '../../../k8s/registry/slices.ts';

const pod = (more: Partial<EndpointPod> = {}): EndpointPod => ({
  uid: 'u1',
  ips: ['10.0.0.1'],
  backend: 'a',
  ready: true,
  containers: [{ ports: [8080], running: true, restarts: 0 }],
  trouble: undefined,
  ...more,
});
const slice = (more: Partial<Slice> = {}): Slice => ({
  service: 's',
  ports: [{ name: 'mcp', port: 8080 }],
  endpoints: [{ ip: '10.0.0.1', ready: true, pod: { name: 'p-0', uid: 'u1' } }],
  ...more,
});
const look = (slices: Slice[], pods: Record<string, EndpointPod> = { 'p-0': pod() }, more: Partial<ServiceView> = {}) =>
  serviceEndpoints({
    name: 's',
    port: undefined,
    service: { type: 'ClusterIP', ports: [{ name: 'mcp', port: 80 }] },
    slices,
    podOf: (name) => pods[name],
    ...more,
  });
const idsOf = (found: ReturnType<typeof look>) => found.endpoints.map(({ id }) => id);

describe('k8s/registry/endpoints', () => {
  it('are pods, at the port of the slice, with the incarnation of their server', () => {
    const restarted = pod({ containers: [{ ports: [8080], running: true, restarts: 2 }] });
    expect(look([slice()], { 'p-0': restarted })).to.deep.equal({
      endpoints: [{ id: 'p-0', address: '10.0.0.1:8080', incarnation: 'u1/2', hostname: '', draining: false }],
      notes: [],
    });
  });

  for (const [what, pods] of [
    ['is unknown', {}],
    ['was replaced by another one of the same name', { 'p-0': pod({ uid: 'u2' }) }],
    ['has another address', { 'p-0': pod({ ips: ['10.0.0.2'] }) }],
    ['has no address', { 'p-0': pod({ ips: [] }) }],
    ['has no running server', { 'p-0': pod({ containers: [{ ports: [8080], running: false, restarts: 1 }] }) }],
  ] as const) {
    it(`do not exist if the pod ${what}`, () => expect(look([slice()], pods).endpoints).to.deep.equal([]));
  }

  it('drain as soon as the slice or the pod is not ready', () => {
    const drains = (found: ReturnType<typeof look>) => found.endpoints.map(({ draining }) => draining);
    const unready = slice({ endpoints: [{ ip: '10.0.0.1', ready: false, pod: { name: 'p-0', uid: 'u1' } }] });
    expect(drains(look([unready]))).to.deep.equal([true]);
    expect(drains(look([slice()], { 'p-0': pod({ ready: false }) }))).to.deep.equal([true]);
    expect(drains(look([slice()]))).to.deep.equal([false]);
  });

  it('count restarts of the container that declares the port, or of all if none does', () => {
    const sidecar = { ports: [15_000], running: true, restarts: 7 };
    const incarnation = (containers: EndpointPod['containers']) =>
      look([slice()], { 'p-0': pod({ containers }) }).endpoints[0]?.incarnation;
    expect(incarnation([sidecar, { ports: [8080], running: true, restarts: 1 }])).to.equal('u1/1');
    expect(incarnation([sidecar, { ports: [], running: true, restarts: 1 }])).to.equal('u1/8');
  });

  it('without pods are identified by address; IPv6 addresses are in brackets', () => {
    const bare = slice({
      endpoints: [
        { ip: '10.0.0.9', ready: true, pod: undefined },
        { ip: 'fd00::9', ready: false, pod: undefined },
      ],
    });
    expect(look([bare]).endpoints).to.deep.equal([
      { id: '10.0.0.9:8080', address: '10.0.0.9:8080', incarnation: '', hostname: '', draining: false },
      { id: '[fd00::9]:8080', address: '[fd00::9]:8080', incarnation: '', hostname: '', draining: true },
    ]);
  });

  it('are one for a pod in several slices: at its primary address, and ready if one slice is', () => {
    const of = (ip: string, ready = true) => slice({ endpoints: [{ ip, ready, pod: { name: 'p-0', uid: 'u1' } }] });
    const both = { 'p-0': pod({ ips: ['fd00::1', '10.0.0.1'] }) };
    for (const slices of [
      [of('10.0.0.1'), of('fd00::1')],
      [of('fd00::1'), of('10.0.0.1')],
    ]) {
      expect(look(slices, both).endpoints.map(({ address }) => address)).to.deep.equal(['[fd00::1]:8080']);
    }
    expect(look([of('10.0.0.1', false), of('10.0.0.1')]).endpoints).to.have.length(1);
    expect(look([of('10.0.0.1', false), of('10.0.0.1')]).endpoints[0]?.draining).to.equal(false);
  });

  it('never share an address: the draining one is dropped', () => {
    const two = slice({
      endpoints: [
        { ip: '10.0.0.1', ready: false, pod: { name: 'p-0', uid: 'u1' } },
        { ip: '10.0.0.1', ready: true, pod: { name: 'p-1', uid: 'u2' } },
      ],
    });
    const pods = { 'p-0': pod(), 'p-1': pod({ uid: 'u2' }) };
    expect(idsOf(look([two], pods))).to.deep.equal(['p-1']);
    expect(idsOf(look([{ ...two, endpoints: [...two.endpoints].reverse() }], pods))).to.deep.equal(['p-1']);
  });

  describe('have the port', () => {
    const ports = [
      { name: 'mcp', port: 8080 },
      { name: 'metrics', port: 9090 },
    ];
    const service = {
      type: 'ClusterIP',
      ports: [
        { name: 'mcp', port: 80 },
        { name: 'metrics', port: 81 },
      ],
    };
    const at = (port: ServiceView['port'], slices = [slice({ ports })]) => {
      const { endpoints, notes } = look(slices, undefined, { port, service });
      return endpoints[0]?.address ?? notes;
    };

    it('that the backend names, by number or name', () => {
      expect(at(81)).to.equal('10.0.0.1:9090');
      expect(at('metrics')).to.equal('10.0.0.1:9090');
      expect(at(8080)).to.have.length(1);
      expect(at('web')).to.have.length(1);
    });

    it('that is the only one, or named mcp, if the backend names none', () => {
      expect(at(undefined)).to.equal('10.0.0.1:8080');
      expect(at(undefined, [slice({ ports: [{ name: '', port: 7 }] })])).to.equal('10.0.0.1:7');
      const others = [
        slice({
          ports: [
            { name: 'a', port: 1 },
            { name: 'b', port: 2 },
          ],
        }),
      ];
      expect(at(undefined, others)).to.have.length(1);
    });
  });

  it('do not exist without a Service, or for one of the type ExternalName', () => {
    expect(look([], {}, { service: undefined }).notes).to.have.length(1);
    expect(look([], {}, { service: { type: 'ExternalName', ports: [] } }).notes).to.have.length(1);
  });

  it('outlive their slices, draining, while the same servers run', () => {
    const { endpoints } = look([slice()]);
    const after = (now: EndpointPod | undefined) => survivors(endpoints, () => now);
    expect(after(pod({ ready: false }))).to.deep.equal(endpoints.map((one) => ({ ...one, draining: true })));
    expect(after(undefined)).to.deep.equal([]);
    expect(after(pod({ uid: 'u2' }))).to.deep.equal([]);
    expect(after(pod({ containers: [{ ports: [8080], running: true, restarts: 1 }] }))).to.deep.equal([]);
    expect(after(pod({ containers: [{ ports: [8080], running: false, restarts: 0 }] }))).to.deep.equal([]);
  });
});
