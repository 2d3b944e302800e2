import { expect } from 'chai';
import type { toReport } from '../../control/tenants/quota-report.ts';
import { sendSound } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { childOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { REDIS_START_MS, startRedis, type TestRedis } from '../support/redis.ts';

const QUOTA = { requests: 10, per: 'day', burst: 6 };

describe('mcp-gateway quota, with two gateways and one Redis', function () {
  this.timeout(REDIS_START_MS);
  let redis: TestRedis;
  let replica: Replica;
  const gateways: TestGateway[] = [];

  before(async () => {
    redis = await startRedis();
    replica = await startReplica({ name: 'replica' });
    for (let started = 0; started < 2; started++) {
      gateways.push(
        await startGateway({
          settings: { redis: { url: redis.url }, quotas: { deadline: '2s', gateways: 2 } },
          backends: { jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` } },
          tenants: {
            tenants: [{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }], quota: QUOTA }],
          },
        }),
      );
    }
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await replica?.stop();
    await redis?.stop();
  });

  const call = async (gateway: TestGateway | undefined, times: number) => {
    if (gateway === undefined) throw new Error('there is no such gateway');
    const token = await gateway.token();
    const statuses: number[] = [];
    while (statuses.length < times) statuses.push((await sendSound(gateway.backendUrl('jira'), token)).status);
    return statuses;
  };
  const report = async (gateway: TestGateway | undefined) => {
    const { stdout } = await runCommand(['quota', 'engineering', '--json', '--state-dir', gateway?.stateDir ?? '']);
    return JSON.parse(stdout) as ReturnType<typeof toReport>;
  };
  const shown = async (gateway: TestGateway | undefined, asked: number) => {
    const { store, limits, lastDay } = await eventually(
      () => report(gateway),
      ({ lastDay: { all } }) => all.requests + all.refused === asked,
    );
    return { store, left: limits[0]?.left, refused: lastDay.all.refused };
  };

  it('shows the use of one gateway, over all its processes, and what is left for both gateways', async () => {
    const [one, two] = gateways;
    expect(await call(one, 4)).to.deep.equal([200, 200, 200, 200]);
    expect(await shown(one, 4)).to.deep.equal({ store: 'redis', left: 2, refused: 0 });
    expect(await call(two, 3)).to.deep.equal([200, 200, 429]);
    expect(await shown(two, 3)).to.deep.equal({ store: 'redis', left: 0, refused: 1 });
  });

  it('keeps the numbers when the watcher restarts', async () => {
    const [one] = gateways;
    if (one === undefined) throw new Error('there is no gateway');
    const watcher = childOf(one.stateDir, 'watcher');
    process.kill(watcher, 'SIGKILL');
    await eventually(
      () => childOf(one.stateDir, 'watcher'),
      (pid) => pid !== watcher,
    );
    expect(await shown(one, 4)).to.deep.equal({ store: 'redis', left: 2, refused: 0 });
  });
});
