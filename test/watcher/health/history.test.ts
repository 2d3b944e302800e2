import { expect } from 'chai';
import { createLogger } from '../../../runtime/log.ts';
import { HealthHistory } from '../../../watcher/health/history.ts';
import type { BackendStatus } from '../../../watcher/health/status.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';

const HEALTHY = { id: 'r', address: '127.0.0.1:1', health: 'healthy', reason: '' } as const;
const ILL = { ...HEALTHY, health: 'unhealthy', reason: 'GET /healthz answered 503' } as const;

function status(state: BackendStatus['state'], ...endpoints: BackendStatus['endpoints']): BackendStatus {
  const reasons = endpoints.flatMap(({ id, reason }) => (reason === '' ? [] : [`${id}: ${reason}`]));
  return { name: 'a', state, endpoints, reasons };
}

describe('watcher/health/history', () => {
  let now: BackendStatus[];
  let history: HealthHistory;

  beforeEach(() => {
    history = new HealthHistory(() => now, createLogger({ name: 'test', level: 'silent' }));
  });
  afterEach(() => history.close());

  const changes = () => history.historyOf('a').map(({ what }) => what);
  const becomes = async (statuses: BackendStatus[], last: string | undefined) => {
    now = statuses;
    history.touch();
    await eventually(changes, (all) => all.at(-1) === last);
  };

  it('keeps how the state of a backend changed, and why', async () => {
    await becomes([status('starting', { ...HEALTHY, health: 'unknown' })], 'starting, 0 of 1 replicas healthy');
    await becomes([status('serving', HEALTHY)], 'serving, 1 of 1 replicas healthy');
    const ill = 'unhealthy, 0 of 1 replicas healthy: r: GET /healthz answered 503';
    await becomes([status('unhealthy', ILL)], ill);
    // A change of the reason alone is not a change of state.
    await becomes([status('unhealthy', { ...ILL, reason: 'it answered 500' })], ill);
    await becomes([status('serving', HEALTHY, HEALTHY)], 'serving, 2 of 2 replicas healthy');
    expect(changes()).to.have.length(4);
    expect(history.historyOf('a').map(({ time }) => time)).to.satisfy((times: string[]) =>
      times.every((time) => !Number.isNaN(Date.parse(time))),
    );
  });

  it('keeps the latest twenty changes, and nothing of a removed backend', async () => {
    for (let count = 1; count <= 25; count++) {
      const replicas = Array.from({ length: count }, () => HEALTHY);
      await becomes([status('serving', ...replicas)], `serving, ${count} of ${count} replicas healthy`);
    }
    expect(changes()).to.have.length(20);
    expect(changes()[0]).to.equal('serving, 6 of 6 replicas healthy');
    await becomes([], undefined);
  });
});
