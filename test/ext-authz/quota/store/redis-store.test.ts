import { expect } from 'chai';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { NegativeCache } from '../../../../ext-authz/quota/store/negative-cache.ts';
import { RedisStore } from '../../../../ext-authz/quota/store/redis-store.ts';
import type { QuotaStore, TakeOutcome } from '../../../../ext-authz/quota/store/store.ts';
import { refOf } from '../../../core/session/arbitrary.ts';
import { commandCalls, REDIS_START_MS, startRedis, type TestRedis } from '../../../support/redis.ts';

const HOURLY: BucketAsk = {
  key: 'tenant',
  name: 'tenant',
  limit: { requests: 10, periodMs: 3_600_000, burst: 10 },
  cost: 1,
};
const USER: BucketAsk = { ...HOURLY, key: 'user:ada', name: 'user', limit: { ...HOURLY.limit, burst: 3 } };

describe('ext-authz/quota/store/redis-store', () => {
  let redis: TestRedis;
  let store: RedisStore;

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
    store = new RedisStore(redis.client);
  });
  beforeEach(() => redis.client.flushall());
  after(() => redis?.stop());

  const takeFrom = (from: QuotaStore, asks: BucketAsk[], tenant = 'red'): Promise<TakeOutcome> =>
    from.take({ tenant, asks, session: refOf('f') });
  const allowed = async (from: QuotaStore, asks: BucketAsk[]) => {
    const outcome = await takeFrom(from, asks);
    return outcome.kind === 'taken' && outcome.taken.allowed;
  };
  const age = async (key: string, byMs: number) => {
    const [level, period, at] = ((await redis.client.get(key)) ?? '').split(':');
    await redis.client.set(key, `${level}:${period}:${Number(at) - byMs}`);
  };

  it('debits all buckets of a request or none', async () => {
    for (let n = 0; n < 3; n += 1) expect(await allowed(store, [HOURLY, USER])).to.equal(true);
    expect(await takeFrom(store, [HOURLY, USER])).to.deep.nested.include({
      kind: 'taken',
      'taken.allowed': false,
      'taken.answers[0].remaining': 7,
      'taken.answers[0].waitMs': 0,
      'taken.answers[1].remaining': 0,
    });
    for (let n = 0; n < 7; n += 1) expect(await allowed(store, [HOURLY])).to.equal(true);
    expect(await allowed(store, [HOURLY])).to.equal(false);
  });

  it('keeps all keys of a tenant on one node, and tenants separate', async () => {
    await takeFrom(store, [HOURLY, USER]);
    await takeFrom(store, [HOURLY], 'blue');
    await store.probe('red');
    expect((await redis.client.keys('*')).sort()).to.deep.equal([
      'mcpgw:{blue}:bucket:tenant',
      'mcpgw:{red}:bucket:tenant',
      'mcpgw:{red}:bucket:user:ada',
      'mcpgw:{red}:probe',
    ]);
    for (const key of await redis.client.keys('*')) expect(await redis.client.pttl(key), key).to.be.above(0);
  });

  it('refills after hours', async () => {
    for (let n = 0; n < 10; n += 1) await takeFrom(store, [HOURLY]);
    expect(await allowed(store, [HOURLY])).to.equal(false);
    await age('mcpgw:{red}:bucket:tenant', 2 * 360_000);
    for (let n = 0; n < 2; n += 1) expect(await allowed(store, [HOURLY])).to.equal(true);
    expect(await allowed(store, [HOURLY])).to.equal(false);
    await age('mcpgw:{red}:bucket:tenant', 5 * 3_600_000);
    for (let n = 0; n < 10; n += 1) expect(await allowed(store, [HOURLY])).to.equal(true);
    expect(await allowed(store, [HOURLY])).to.equal(false);
  });

  it('never lets more pass than is left, however many ask concurrently', async () => {
    const many = await Promise.all(Array.from({ length: 200 }, () => allowed(store, [HOURLY])));
    expect(many.filter(Boolean)).to.have.lengthOf(10);
  });

  it('continues when the server loses its scripts', async () => {
    expect(await allowed(store, [HOURLY])).to.equal(true);
    await redis.client.script('FLUSH');
    const many = await Promise.all(Array.from({ length: 20 }, () => allowed(store, [HOURLY])));
    expect(many.filter(Boolean)).to.have.lengthOf(9);
  });

  it('reports an ended session', async () => {
    const { owner, fingerprint, issuedAtSeconds } = refOf('f');
    await redis.client.zadd(`mcpgw:{red}:ended:${owner}`, issuedAtSeconds, fingerprint);
    expect(await takeFrom(store, [HOURLY])).to.deep.equal({ kind: 'ended' });
    expect(await takeFrom(store, [])).to.deep.equal({ kind: 'ended' });
  });

  describe('behind the negative cache', () => {
    let nowMs: number;
    let cache: NegativeCache;
    const calls = () => commandCalls(redis.client, 'eval', 'evalsha');

    beforeEach(async () => {
      nowMs = 1_000_000;
      cache = new NegativeCache(store, () => nowMs);
      for (let n = 0; n < 3; n += 1) await takeFrom(cache, [HOURLY, USER]);
    });

    it('is not asked again for a second, and then once', async () => {
      const first = await takeFrom(cache, [USER]);
      const before = await calls();
      expect(await takeFrom(cache, [USER])).to.deep.equal(first);
      nowMs += 999;
      const again = await takeFrom(cache, [HOURLY, USER]);
      expect(again).to.deep.nested.include({ 'taken.allowed': false, 'taken.answers[0]': undefined });
      expect(again).to.have.nested.property('taken.answers[1].waitMs').that.is.above(0);
      expect(await calls()).to.equal(before);
      nowMs += 1;
      expect(await allowed(cache, [USER])).to.equal(false);
      expect(await calls()).to.equal(before + 1);
    });

    it('is asked when the bucket can have refilled', async () => {
      const fast = { ...USER, key: 'fast', limit: { requests: 10, periodMs: 1_000, burst: 3 }, cost: 3 };
      expect(await allowed(cache, [fast])).to.equal(true);
      expect(await allowed(cache, [{ ...fast, cost: 2 }])).to.equal(false);
      const before = await calls();
      nowMs += 90;
      expect(await allowed(cache, [{ ...fast, cost: 3 }])).to.equal(false);
      expect(await calls()).to.equal(before);
      nowMs += 110;
      await takeFrom(cache, [{ ...fast, cost: 2 }]);
      expect(await calls()).to.equal(before + 1);
    });

    it('is asked about another limit, bucket or tenant', async () => {
      expect(await allowed(cache, [USER])).to.equal(false);
      const raised = { ...USER, limit: { ...USER.limit, burst: 4 } };
      expect(await allowed(cache, [raised])).to.equal(true);
      expect(await allowed(cache, [{ ...USER, key: 'user:bob' }])).to.equal(true);
      expect((await takeFrom(cache, [USER], 'blue')).kind).to.equal('taken');
      const outcome = await takeFrom(cache, [USER], 'blue');
      expect(outcome).to.have.nested.property('taken.allowed', true);
    });
  });
});
