import { expect } from 'chai';
import { bucketKey } from '../../core/quota/keys.ts';
import { sendSound } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { commandCalls, REDIS_START_MS, startRedis, type TestRedis } from '../support/redis.ts';
import { quotaModeOf } from './quota-worker.ts';

const DAY_MS = 86_400_000;
const BURST = 40;

describe('quotas, with a Redis that hangs', function () {
  this.timeout(REDIS_START_MS);
  let redis: TestRedis;
  let replica: Replica;
  let gateway: TestGateway;

  before(async () => {
    redis = await startRedis();
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      workers: 1,
      settings: { redis: { url: redis.url }, quotas: { deadline: '300ms' } },
      backends: { jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` } },
      tenants: {
        tenants: [
          {
            ...{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] },
            quota: { requests: 1, per: 'day', burst: BURST },
          },
        ],
      },
    });
  });
  after(async () => {
    redis?.resume();
    await gateway?.stop();
    await replica?.stop();
    await redis?.stop();
  });

  const stands = (on: string) =>
    eventually(
      () => quotaModeOf(gateway.stateDir, 0),
      (mode) => mode === on,
    );

  it('answer each request nevertheless, ask it once, continue with the share, and charge that afterwards', async () => {
    const token = await gateway.token();
    const url = gateway.backendUrl('jira');
    const passing = async (count: number) => {
      let passed = 0;
      for (let n = 0; n < count; n += 1) {
        const { status } = await sendSound(url, token);
        expect(status).to.be.oneOf([200, 429]);
        if (status === 200) passed += 1;
      }
      return passed;
    };
    await stands('redis');
    expect(await passing(3)).to.equal(3);
    const before = await commandCalls(redis.client, 'eval', 'evalsha');
    redis.pause();
    // A request without an answer would be missing here: all are answered while it hangs.
    const together = await Promise.all(Array.from({ length: 4 }, () => passing(5)));
    expect(together).to.deep.equal([5, 5, 5, 5]);
    expect(await quotaModeOf(gateway.stateDir, 0)).to.equal('share');
    // For several periods of the circuit breaker.
    const until = performance.now() + 3_500;
    let during = 20;
    while (performance.now() < until) during += await passing(5);
    expect(during).to.equal(BURST);
    redis.resume();
    await stands('redis');
    // It was asked only about the requests that were under way when it stopped, and once to charge the share.
    expect((await commandCalls(redis.client, 'eval', 'evalsha')) - before).to.be.within(1, 5);
    const [level] = ((await redis.client.get(bucketKey('engineering', 'tenant'))) ?? '').split(':');
    expect(Math.ceil(Number(level) / DAY_MS)).to.equal(BURST);
    expect(await passing(3)).to.equal(0);
    const lines = gateway.log.filter(({ msg }) => msg.startsWith('quotas: ')).map(({ msg }) => msg);
    expect(lines).to.deep.equal([
      'quotas: Redis fails; until it is back, each process gives out its share',
      'quotas: Redis is back',
    ]);
    await redis.client.flushall();
    await eventually(
      () => passing(1),
      (passed) => passed === 1,
    );
  });
});
