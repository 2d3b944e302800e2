import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { sendSound } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { commandCalls, REDIS_START_MS, startRedis, type TestRedis } from '../support/redis.ts';
import { askWorker, quotaModeOf } from './quota-worker.ts';

const PROCESSES = 3;
const RATE = 40;
const BURST = 20;
/** A bucket that holds enough for loans. */
const LARGE_BURST = 300;
const LOAD_MS = 3_000;

describe('quotas, with three processes and one Redis', function () {
  this.timeout(REDIS_START_MS);
  let redis: TestRedis;
  let gateway: TestGateway;
  const replicas: Replica[] = [];

  before(async () => {
    redis = await startRedis();
    replicas.push(await startReplica({ name: 'one' }), await startReplica({ name: 'two' }));
    replicas.push(await startReplica({ name: 'three' }));
    const [one, two, three] = replicas.map(({ port }) => `http://127.0.0.1:${port}/mcp`);
    const match = (value: string) => [{ claim: 'tenant', value }];
    const limit = { requests: RATE, per: 'second', burst: BURST };
    gateway = await startGateway({
      workers: PROCESSES,
      settings: { redis: { url: redis.url }, quotas: { deadline: '2s' } },
      backends: {
        one: { name: 'one', url: one },
        two: { name: 'two', url: two },
        three: { name: 'three', url: three },
      },
      tenants: {
        tenants: [
          { name: 'engineering', match: match('engineering'), backends: ['one'], quota: limit },
          { name: 'design', match: match('design'), backends: ['two'], quota: { users: limit } },
          {
            ...{ name: 'sales', match: match('sales'), backends: ['three'] },
            quota: { ...limit, burst: LARGE_BURST, users: { ...limit, requests: 10 * RATE, burst: 10 * LARGE_BURST } },
          },
          { name: 'scarce', match: match('scarce'), backends: ['*'], quota: { requests: 1, per: 'day', burst: 9 } },
        ],
      },
    });
  });
  after(async () => {
    await gateway?.stop();
    await redis?.stop();
    for (const replica of replicas) await replica.stop();
  });

  const modes = () => Promise.all([0, 1, 2].map((index) => quotaModeOf(gateway.stateDir, index)));
  /** What every process counted. */
  const counted = async (tenant: string, outcome: string) => {
    const texts = await Promise.all([0, 1, 2].map((index) => askWorker(gateway.stateDir, index, '/metrics')));
    const line = new RegExp(
      `^mcp_gateway_quota_requests_total\\{tenant="${tenant}",outcome="${outcome}"\\} (\\d+)$`,
      'm',
    );
    return texts.map((metrics) => Number(line.exec(metrics)?.[1] ?? 0));
  };
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

  /** Sends more than the rate for a while; returns the responses and their times. */
  async function load(url: string, token: string, perSecond = 2 * RATE) {
    const statuses: number[] = [];
    let slowestMs = 0;
    const one = async () => {
      const sentAt = performance.now();
      const { status } = await sendSound(url, token);
      slowestMs = Math.max(slowestMs, performance.now() - sentAt);
      statuses.push(status);
      return status;
    };
    const startedAt = performance.now();
    await one();
    const firstAnsweredAt = performance.now();
    const underWay: Promise<number>[] = [];
    while (performance.now() - startedAt < LOAD_MS) {
      const due = ((performance.now() - startedAt) / 1000) * perSecond;
      while (underWay.length < due) underWay.push(one());
      await sleep(5);
    }
    await Promise.all(underWay);
    // Everything that has refilled by the end.
    let lastSentAt = performance.now();
    while ((await one()) === 200) lastSentAt = performance.now();
    return { statuses, slowestMs, mostMs: performance.now() - startedAt, leastMs: lastSentAt - firstAnsweredAt };
  }

  it('let pass what the arithmetic gives, to within one request', async () => {
    const tokens = await Promise.all(['engineering', 'design'].map((tenant) => gateway.token({ tenant })));
    expect(await eventually(modes, (all) => all.every((mode) => mode === 'redis'))).to.have.lengthOf(3);
    // `up` itself sends requests until it is ready.
    const before = replicas.map(({ requests }) => requests);
    const urls = ['one', 'two'].map((name) => gateway.backendUrl(name));
    const runs = await Promise.all([0, 1].map((index) => load(urls[index] ?? '', tokens[index] ?? '')));
    for (const [index, { statuses, slowestMs, mostMs, leastMs }] of runs.entries()) {
      const through = (replicas[index]?.requests ?? 0) - (before[index] ?? 0);
      expect(statuses.filter((status) => status === 200)).to.have.lengthOf(through);
      expect(statuses.filter((status) => status === 429)).to.have.lengthOf(statuses.length - through);
      expect(through).to.be.at.most(BURST + (RATE * mostMs) / 1000);
      // A denial may rest on an answer as old as the slowest one.
      expect(through).to.be.at.least(BURST + (RATE * (leastMs - slowestMs)) / 1000 - 1);
      const tenant = ['engineering', 'design'][index] ?? '';
      const allowed = await counted(tenant, 'allowed');
      expect(sum(allowed)).to.equal(through);
      for (const each of allowed) expect(each, 'one of the processes was never asked').to.be.above(0);
      expect(sum(await counted(tenant, 'refused'))).to.equal(statuses.length - through);
    }
  });

  it('do the same with loans: every request that the bucket holds passes, and no other', async () => {
    const token = await gateway.token({ tenant: 'sales' });
    const before = replicas[2]?.requests ?? 0;
    const calls = await commandCalls(redis.client, 'evalsha');
    const url = gateway.backendUrl('three');
    const { statuses, slowestMs, mostMs, leastMs } = await load(url, token, 5 * RATE);
    const through = (replicas[2]?.requests ?? 0) - before;
    expect(statuses.filter((status) => status === 200)).to.have.lengthOf(through);
    expect(statuses.filter((status) => status === 429)).to.have.lengthOf(statuses.length - through);
    expect(through).to.be.at.most(LARGE_BURST + (RATE * mostMs) / 1000);
    expect(through).to.be.at.least(LARGE_BURST + (RATE * (leastMs - slowestMs)) / 1000 - 1);
    expect(sum(await counted('sales', 'allowed'))).to.equal(through);
    expect(sum(await counted('sales', 'refused'))).to.equal(statuses.length - through);
    const asked = (await commandCalls(redis.client, 'evalsha')) - calls;
    expect(asked, 'there was no loan').to.be.below(through);
  });

  it('continue while Redis is unreachable, and afterwards, within the shares', async () => {
    const token = await gateway.token({ tenant: 'scarce' });
    const url = gateway.backendUrl('one');
    const passing = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => sendSound(url, token)));
      for (const { status } of answers) expect(status).to.be.oneOf([200, 429]);
      return answers.filter(({ status }) => status === 200).length;
    };
    expect(await passing(15)).to.equal(9);
    await redis.kill();
    expect(await eventually(modes, (all) => all.every((mode) => mode === 'share'))).to.have.lengthOf(3);
    // A third of the burst for each; Envoy chooses the process.
    const shares = await eventually(
      () => passing(15),
      (passed) => passed === 0,
    ).then(() => counted('scarce', 'allowed'));
    expect(sum(shares)).to.be.within(9 + 3, 18);
    await redis.restart();
    await eventually(modes, (all) => all.every((mode) => mode === 'redis'));
    const charged = sum(shares) - 9;
    expect(await passing(15)).to.equal(9 - charged);
    const lines = gateway.log.filter(({ msg }) => msg.startsWith('quotas: ')).map(({ name, msg }) => `${name} ${msg}`);
    expect(lines.sort()).to.deep.equal(
      [0, 1, 2].flatMap((index) => [
        `ext-authz-${index} quotas: Redis fails; until it is back, each process gives out its share`,
        `ext-authz-${index} quotas: Redis is back`,
      ]),
    );
  });
});
