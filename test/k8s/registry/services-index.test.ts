import { expect } from 'chai';
import type { ServicePorts } from '../../../k8s/objects/services.ts';
import type { EndpointPod } from '../../../k8s/registry/pods.ts';
import { ServiceIndex } from '../../../k8s/registry/services-index.ts';
import type { Slice } from '../../../k8s/registry/slices.ts';

const pod = (uid: string): EndpointPod => ({
  uid,
  ips: ['10.0.0.1'],
  backend: undefined,
  ready: true,
  containers: [{ ports: [], running: true, restarts: 0 }],
  trouble: undefined,
});
const slice = (service: string, uid: string): Slice => ({
  service,
  ports: [{ name: '', port: 80 }],
  endpoints: [{ ip: '10.0.0.1', ready: true, pod: { name: 'p', uid } }],
});

describe('k8s/registry/services-index', () => {
  let slices: Map<string, Slice>;
  let pods: Map<string, EndpointPod>;
  let services: Map<string, ServicePorts>;
  let index: ServiceIndex;
  const find = (service = 's') => index.endpointsOf(service, undefined);
  const incarnations = (service = 's') => find(service).endpoints.map(({ incarnation }) => incarnation);

  beforeEach(() => {
    [slices, pods, services] = [new Map(), new Map(), new Map([['s', { type: 'ClusterIP', ports: [] }]])];
    index = new ServiceIndex({ slices, pods, services });
  });
  const setSlice = (name: string, value: Slice | undefined) => {
    if (value === undefined) slices.delete(name);
    else slices.set(name, value);
    index.slicesChanged([name]);
  };
  const setPod = (value: EndpointPod | undefined) => {
    if (value === undefined) pods.delete('p');
    else pods.set('p', value);
    index.podsChanged(['p']);
  };

  it('returns the same value until something changes', () => {
    setSlice('x', slice('s', 'u'));
    setPod(pod('u'));
    const before = find();
    expect(before.endpoints).to.have.length(1);
    index.podsChanged(['another']);
    index.servicesChanged(['another']);
    setSlice('y', slice('another', 'u'));
    expect(find()).to.equal(before);
    setPod(pod('u'));
    expect(find()).not.to.equal(before);
  });

  it('gives the same result in any order of slices and pods', () => {
    setSlice('x', slice('s', 'u1'));
    expect(incarnations()).to.deep.equal([]);
    setPod(pod('u1'));
    expect(incarnations()).to.deep.equal(['u1/0']);
    // A replacement: first the pod and then its slice; then the other way round.
    setPod(pod('u2'));
    expect(incarnations()).to.deep.equal([]);
    setSlice('x', slice('s', 'u2'));
    expect(incarnations()).to.deep.equal(['u2/0']);
    setSlice('x', slice('s', 'u3'));
    expect(incarnations()).to.deep.equal([]);
    setPod(pod('u3'));
    expect(incarnations()).to.deep.equal(['u3/0']);
    setPod(undefined);
    expect(incarnations()).to.deep.equal([]);
  });

  it('follows a slice to another Service, and its deletion', () => {
    setPod(pod('u'));
    setSlice('x', slice('s', 'u'));
    expect(incarnations()).to.have.length(1);
    setSlice('x', slice('t', 'u'));
    expect([incarnations('s'), incarnations('t')]).to.deep.equal([[], ['u/0']]);
    setPod(pod('v'));
    expect(incarnations('t')).to.deep.equal([]);
    setPod(pod('u'));
    setSlice('x', undefined);
    expect(incarnations('t')).to.deep.equal([]);
  });

  it('sees a Service that is created later', () => {
    services.delete('s');
    expect(find().notes).to.have.length(1);
    services.set('s', { type: 'ClusterIP', ports: [] });
    index.servicesChanged(['s']);
    expect(find().notes).to.deep.equal([]);
  });
});
