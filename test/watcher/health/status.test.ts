import { expect } from 'chai';
import { backendSchema } from '../../../core/registry/backend.ts';
import type { EndpointHealth } from '../../../watcher/health/cluster-health.ts';
import { diagnosisKey, type StatusInput, toStatus } from '../../../watcher/health/status.ts';

const BACKEND = backendSchema.parse({ name: 'a', command: ['server'] });
const endpoint = (port: number, draining = false) => ({
  id: `a-${port}`,
  address: `127.0.0.1:${port}`,
  incarnation: '',
  hostname: '',
  draining,
});

function stateOf(health: Record<number, EndpointHealth>, more: Partial<StatusInput> = {}, drainUntilMs?: number) {
  const endpoints = Object.keys(health).map((port) => endpoint(Number(port)));
  const hosts = new Map(Object.entries(health).map(([port, state]) => [`127.0.0.1:${port}`, state]));
  const entry = { backend: BACKEND, endpoints, drainUntilMs };
  return toStatus({
    entry,
    health: hosts,
    diagnoses: new Map(),
    notes: [],
    rejection: undefined,
    lacksSecrets: false,
    ...more,
  });
}

describe('watcher/health/status', () => {
  for (const [health, state] of [
    [{}, 'starting'],
    [{ 1: 'unknown' }, 'starting'],
    [{ 1: 'unhealthy', 2: 'unknown' }, 'unhealthy'],
    [{ 1: 'unhealthy', 2: 'healthy' }, 'serving'],
  ] as const) {
    it(`of ${JSON.stringify(health)} is ${state}`, () => expect(stateOf(health).state).to.equal(state));
  }

  it('of a removed backend is draining', () => expect(stateOf({ 1: 'healthy' }, {}, 5).state).to.equal('draining'));

  it('is unhealthy while secrets are missing, whatever the health of the replicas', () => {
    const lacking = { lacksSecrets: true, notes: ['no credential'] };
    expect(stateOf({ 1: 'healthy' }, lacking)).to.deep.include({ state: 'unhealthy', reasons: ['no credential'] });
    expect(stateOf({}, { ...lacking, health: undefined }).state).to.equal('unhealthy');
    expect(stateOf({ 1: 'healthy' }, lacking, 5).state).to.equal('draining');
  });

  it('is starting while Envoy does not have the cluster', () => {
    expect(stateOf({ 1: 'healthy' }, { health: undefined })).to.deep.include({ state: 'starting' });
  });

  it('has every known reason', () => {
    const diagnoses = new Map([[diagnosisKey('a', '127.0.0.1:1'), 'GET /healthz answered 404']]);
    const { reasons, endpoints } = stateOf(
      { 1: 'unhealthy', 2: 'healthy' },
      { diagnoses, notes: ['a-2 ended'], rejection: 'bad' },
    );
    expect(reasons.slice(0, 2)).to.deep.equal(['a-1: GET /healthz answered 404', 'a-2 ended']);
    expect(reasons[2]).to.match(/: bad$/);
    expect(endpoints.map(({ reason }) => reason)).to.deep.equal(['GET /healthz answered 404', '']);
  });

  it('shows a draining replica as draining, whatever its health', () => {
    const entry = { backend: BACKEND, endpoints: [endpoint(1, true)], drainUntilMs: undefined };
    const health = new Map<string, EndpointHealth>([['127.0.0.1:1', 'unhealthy']]);
    const status = toStatus({
      entry,
      health,
      diagnoses: new Map(),
      notes: [],
      rejection: undefined,
      lacksSecrets: false,
    });
    expect(status.endpoints.map((one) => one.health)).to.deep.equal(['draining']);
  });

  it('has the reason of a backend that should have no replicas', () => {
    const entry = { backend: { ...BACKEND, replicas: 0 }, endpoints: [], drainUntilMs: undefined };
    const seen = { health: undefined, diagnoses: new Map(), notes: [], rejection: undefined, lacksSecrets: false };
    const { reasons } = toStatus({ entry, ...seen });
    expect(reasons).to.deep.equal(['replicas is 0']);
  });
});
