import { expect } from 'chai';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { type BucketState, levelAt } from '../../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { take, takeSeveral } from '../../../../core/quota/take.ts';
import { CHARGE_SCRIPT, TAKE_SCRIPT } from '../../../../ext-authz/quota/store/script.ts';
import { asks, loanRequests, pauses } from '../../../core/quota/arbitrary.ts';
import { REDIS_START_MS, startRedis, type TestRedis } from '../../../support/redis.ts';

const KEYS = ['{t}:a', '{t}:b', '{t}:c'];
const TOMBSTONES = '{t}:ended';
/** A session that is not ended. */
const SESSION = ['f', 1_000];

describe('ext-authz/quota/store/script', () => {
  let redis: TestRedis;
  let client: Redis;

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
    client = redis.client;
  });
  beforeEach(() => client.flushall());
  after(() => redis?.stop());

  const numbersOf = ({ limit, cost }: BucketAsk) => [limit.requests, limit.periodMs, limit.burst, cost];

  const partsOf = (asked: readonly BucketAsk[]) => [asked.length, ...asked.flatMap(numbersOf)];

  async function takeInRedis(
    asked: readonly BucketAsk[],
  ): Promise<{ outcome: number; nowMs: number; levels: number[] }> {
    const keys = [...asked.map(({ key }) => key), TOMBSTONES];
    const answer = await client.eval(TAKE_SCRIPT, keys.length, ...keys, ...partsOf(asked), ...SESSION);
    const [outcome = Number.NaN, nowMs = Number.NaN, ...levels] = answer as number[];
    return { outcome, nowMs, levels };
  }

  async function stateOf(key: string): Promise<BucketState | undefined> {
    const [level, periodMs, atMs] = ((await client.get(key)) ?? '').split(':').map(Number);
    return level === undefined || periodMs === undefined || atMs === undefined ? undefined : { level, periodMs, atMs };
  }

  /** Makes the stored states older, as if time had passed; a negative time sets the clock back. */
  async function age(byMs: number): Promise<void> {
    for (const key of KEYS) {
      const state = await stateOf(key);
      if (state !== undefined) await client.set(key, `${state.level}:${state.periodMs}:${state.atMs - byMs}`);
    }
  }

  const time = async () => {
    const [seconds = 0, micros = 0] = (await client.time()).map(Number);
    return seconds * 1000 + Math.floor(micros / 1000);
  };

  it('agrees with the arithmetic in memory, number for number, for all limits and clocks', async function () {
    this.timeout(60_000);
    const pausesAndSteps = fc.oneof(
      { weight: 9, arbitrary: pauses },
      { weight: 1, arbitrary: fc.integer({ min: -90_000, max: 0 }) },
    );
    const scenario = fc.array(fc.tuple(pausesAndSteps, asks(KEYS)), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(scenario, async (steps) => {
        await client.flushall();
        for (const [pauseMs, asked] of steps) {
          await age(pauseMs);
          const states = new Map(await Promise.all(KEYS.map(async (key) => [key, await stateOf(key)] as const)));
          const { outcome, nowMs, levels } = await takeInRedis(asked);
          const { taken, states: expected } = take(asked, (key) => states.get(key), nowMs);
          expect(outcome).to.equal(taken.allowed ? 1 : 0);
          expect(levels).to.deep.equal(asked.map(({ key }) => expected.get(key)?.level));
          for (const key of KEYS) {
            const wanted = taken.allowed ? (expected.get(key) ?? states.get(key)) : states.get(key);
            expect(await stateOf(key), key).to.deep.equal(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('agrees with it on several requests together, and on loans', async function () {
    this.timeout(60_000);
    const scenario = fc.array(fc.tuple(pauses, asks(KEYS), loanRequests), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(scenario, async (steps) => {
        await client.flushall();
        for (const [pauseMs, asked, request] of steps) {
          await age(pauseMs);
          const states = new Map(await Promise.all(KEYS.map(async (key) => [key, await stateOf(key)] as const)));
          const keys = [...asked.map(({ key }) => key), TOMBSTONES, `${TOMBSTONES}-2`];
          const numbers = [
            ...partsOf(asked),
            ...SESSION,
            ...SESSION,
            request.waiting,
            request.loan,
            request.outstanding,
          ];
          const answer = await client.eval(TAKE_SCRIPT, keys.length, ...keys, ...numbers);
          const [passed, nowMs = Number.NaN, ...rest] = answer as number[];
          const expected = takeSeveral(asked, (key) => states.get(key), nowMs, request);
          expect([passed, ...rest]).to.deep.equal([expected.passed, ...expected.levels, expected.loan]);
          for (const { key } of asked) {
            const wanted = expected.passed > 0 ? expected.states.get(key) : states.get(key);
            expect(await stateOf(key), key).to.deep.equal(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives back a loan, but never more than was used', async () => {
    const ask = { key: '{t}:a', name: 'a', limit: { requests: 1, periodMs: 86_400_000, burst: 1_000 }, cost: 2 };
    const other = { ...ask, key: '{t}:b', cost: 1 };
    await client.eval(TAKE_SCRIPT, 3, ask.key, other.key, TOMBSTONES, ...partsOf([ask, other]), ...SESSION, 1, 4, 0);
    const used = async () => {
      const states = [await stateOf(ask.key), await stateOf(other.key)];
      return states.map((state) => Math.ceil((state?.level ?? 0) / 86_400_000));
    };
    expect(await used()).to.deep.equal([10, 5]);
    const back = (count: number) => [ask, other].flatMap((one) => numbersOf({ ...one, cost: -count * one.cost }));
    await client.eval(CHARGE_SCRIPT, 2, ask.key, other.key, ...back(3));
    expect(await used()).to.deep.equal([4, 2]);
    await client.eval(CHARGE_SCRIPT, 2, ask.key, other.key, ...back(3));
    expect(await used()).to.deep.equal([0, 0]);
  });

  it('keeps a bucket as long as the present limit needs, even if it denies the request', async () => {
    const fast = { key: '{t}:a', name: 'a', limit: { requests: 1_000, periodMs: 1_000, burst: 5 }, cost: 5 };
    expect((await takeInRedis([fast])).outcome).to.equal(1);
    expect(await client.pttl(fast.key)).to.be.at.most(1_005);
    const slow = { ...fast, limit: { requests: 1, periodMs: 86_400_000, burst: 5 } };
    const { outcome, levels } = await takeInRedis([slow]);
    expect(outcome).to.equal(0);
    expect(await client.pttl(fast.key)).to.be.above((levels[0] ?? 0) - 1_000);
    expect(levels[0]).to.be.above(4 * 86_400_000);
    // A denial under a faster limit does not shorten it.
    expect((await takeInRedis([{ ...fast, limit: { ...fast.limit, requests: 1 }, cost: 6 }])).outcome).to.equal(0);
    expect(await client.pttl(fast.key)).to.be.above(86_400_000);
  });

  it('lets a request pass that just fits, and no larger one', async () => {
    const ask = { key: '{t}:a', name: 'a', limit: { requests: 7, periodMs: 3_600_000, burst: 10 }, cost: 3 };
    const full = 7 * 3_600_000;
    // Written by a clock that is ahead, so that nothing drains.
    for (const [level, outcome] of [
      [full, 1],
      [full + 1, 0],
    ]) {
      await client.set(ask.key, `${level}:3600000:${(await time()) + 30_000}`);
      expect((await takeInRedis([ask])).outcome, `${level}`).to.equal(outcome);
    }
  });

  it('charges at most until the bucket is empty, whatever was used before', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(pauses, asks(['{t}:a'])), { minLength: 1, maxLength: 10 }), async (steps) => {
        await client.flushall();
        for (const [pauseMs, [ask]] of steps) {
          if (ask === undefined) continue;
          await age(pauseMs);
          const before = await stateOf(ask.key);
          await client.eval(CHARGE_SCRIPT, 1, ask.key, ...numbersOf(ask));
          const after = await stateOf(ask.key);
          const { periodMs, burst } = ask.limit;
          const level = levelAt(before, ask.limit, after?.atMs ?? 0);
          expect(after?.level).to.equal(Math.min(level + ask.cost * periodMs, burst * periodMs));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps a bucket until it is full again, and no longer', async () => {
    await fc.assert(
      fc.asyncProperty(asks(KEYS), async (asked) => {
        await client.flushall();
        const { outcome, nowMs, levels } = await takeInRedis(asked);
        for (const [index, { key, limit }] of asked.entries()) {
          const ttl = await client.pttl(key);
          const agoMs = (await time()) - nowMs;
          if (outcome === 0) expect(ttl).to.equal(-2);
          else expect(ttl + agoMs).to.be.within(0, Math.ceil((levels[index] ?? 0) / limit.requests) + 1_001 + agoMs);
          if (outcome === 1)
            expect(ttl + agoMs + 2).to.be.at.least(Math.ceil((levels[index] ?? 0) / limit.requests) + 1_000);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('reports an ended session, and debits nothing', async () => {
    const ask = { key: '{t}:a', name: 'a', limit: { requests: 1, periodMs: 1_000, burst: 5 }, cost: 1 };
    await client.zadd(TOMBSTONES, 1_000, 'f');
    expect((await takeInRedis([ask])).outcome).to.equal(-1);
    expect((await takeInRedis([])).outcome).to.equal(-1);
    expect(await client.exists('{t}:a')).to.equal(0);
  });

  it('reports a session that is not younger than the watermark of its owner', async () => {
    for (const [watermark, outcome] of [
      [999, 1],
      [1_000, -1],
      [1_001, -1],
    ] as const) {
      await client.zadd(TOMBSTONES, watermark, 'until');
      expect((await takeInRedis([])).outcome, `${watermark}`).to.equal(outcome);
    }
  });

  describe('treats as a full bucket, and overwrites,', () => {
    const ask = { key: '{t}:a', name: 'a', limit: { requests: 1, periodMs: 86_400_000, burst: 5 }, cost: 1 };
    const garbage: Record<string, () => Promise<unknown>> = {
      'an empty text': () => client.set(ask.key, ''),
      'another text': () => client.set(ask.key, 'garbage'),
      'a period of 0': () => client.set(ask.key, '5:0:0'),
      'a negative level': () => client.set(ask.key, '-5:86400000:0'),
      'a time far in the future': async () => client.set(ask.key, `432000000:86400000:${(await time()) + 3_600_000}`),
      'an infinite time': () => client.set(ask.key, `432000000:86400000:${'9'.repeat(400)}`),
      'a hash': () => client.hset(ask.key, 'level', 5),
      'a list': () => client.rpush(ask.key, 'x'),
    };
    for (const [what, write] of Object.entries(garbage)) {
      it(what, async () => {
        for (const script of [TAKE_SCRIPT, CHARGE_SCRIPT]) {
          await client.del(ask.key);
          await write();
          if (script === TAKE_SCRIPT) await takeInRedis([ask]);
          else await client.eval(script, 1, ask.key, ...numbersOf(ask));
          expect((await stateOf(ask.key))?.level).to.equal(ask.limit.periodMs);
        }
      });
    }

    it('but treats a level that is too high as an empty bucket', async () => {
      await client.set(ask.key, `${'9'.repeat(400)}:86400000:${await time()}`);
      const { outcome, levels } = await takeInRedis([ask]);
      // Some of it may have refilled: one request a day is one unit per millisecond.
      expect(outcome).to.equal(0);
      expect(levels[0]).to.be.within(4.9 * 86_400_000, 5 * 86_400_000);
    });
  });
});
