import { expect } from 'chai';
import { backendSchema } from '../../../core/registry/backend.ts';
import type { Endpoint } from '../../../core/registry/endpoint.ts';
import { type Fleet, nextDeadlineMs, planFleet } from '../../../core/registry/fleet.ts';

const backend = (name: string, drain = '30s') => backendSchema.parse({ name, command: ['server'], drain });
const endpointOf = (id: string): Endpoint => ({
  id,
  address: '127.0.0.1:1',
  incarnation: '',
  hostname: '',
  draining: false,
});
const endpointsOf = ({ name }: { name: string }) => [endpointOf(`${name}-0`)];
const A = backend('a');
const EMPTY: Fleet = new Map();

describe('core/registry/fleet', () => {
  const serving = planFleet(EMPTY, new Map([['a', A]]), endpointsOf, 1_000);
  const draining = planFleet(serving, new Map(), endpointsOf, 2_000);

  it('in the registry, not in the fleet: serves', () => {
    expect(serving).to.deep.equal(
      new Map([['a', { backend: A, endpoints: [endpointOf('a-0')], drainUntilMs: undefined }]]),
    );
  });

  it('in the registry, in the fleet: serves with the current endpoints and definition', () => {
    const changed = backend('a', '1s');
    const after = planFleet(serving, new Map([['a', changed]]), () => [], 2_000);
    expect(after).to.deep.equal(new Map([['a', { backend: changed, endpoints: [], drainUntilMs: undefined }]]));
  });

  it('in the registry, draining: serves again', () => {
    expect(planFleet(draining, new Map([['a', A]]), endpointsOf, 3_000).get('a')?.drainUntilMs).to.equal(undefined);
  });

  it('not in the registry, serving: drains for its drain time, with its endpoints', () => {
    expect(draining).to.deep.equal(
      new Map([['a', { backend: A, endpoints: [endpointOf('a-0')], drainUntilMs: 32_000 }]]),
    );
  });

  it('not in the registry, draining: drains until the same time, then is removed', () => {
    expect(planFleet(draining, new Map(), endpointsOf, 31_999).get('a')?.drainUntilMs).to.equal(32_000);
    expect(planFleet(draining, new Map(), endpointsOf, 32_000).size).to.equal(0);
  });

  it('with no drain time: removed immediately', () => {
    const before = planFleet(EMPTY, new Map([['a', backend('a', '0s')]]), endpointsOf, 1_000);
    expect(planFleet(before, new Map(), endpointsOf, 1_000).size).to.equal(0);
  });

  it('reports when the next backend will have drained', () => {
    expect(nextDeadlineMs(EMPTY)).to.equal(undefined);
    expect(nextDeadlineMs(serving)).to.equal(undefined);
    const two = planFleet(
      new Map([...draining, ['b', { backend: backend('b', '5s'), endpoints: [], drainUntilMs: undefined }]]),
      new Map(),
      endpointsOf,
      3_000,
    );
    expect(nextDeadlineMs(two)).to.equal(8_000);
  });
});
