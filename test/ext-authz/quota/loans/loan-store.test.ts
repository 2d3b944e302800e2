import { expect } from 'chai';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { LOAN_MS } from '../../../../ext-authz/quota/loans/loan.ts';
import { LoanStore } from '../../../../ext-authz/quota/loans/loan-store.ts';
import { RecentSessions } from '../../../../ext-authz/quota/loans/recent-sessions.ts';
import { RedisStore } from '../../../../ext-authz/quota/store/redis-store.ts';
import type { QuotaStore, TakeOutcome } from '../../../../ext-authz/quota/store/store.ts';
import { refOf } from '../../../core/session/arbitrary.ts';
import { eventually } from '../../../fixtures/replica-server/waiting.ts';
import { commandCalls, REDIS_START_MS, startRedis, type TestRedis } from '../../../support/redis.ts';

const DAY_MS = 86_400_000;
/** A bucket that refills hardly at all within a test. */
const askOf = (burst: number, more: Partial<BucketAsk> = {}): BucketAsk => {
  return { key: 'tenant', name: 'tenant', limit: { requests: 1, periodMs: DAY_MS, burst }, cost: 1, ...more };
};
const LARGE = askOf(100_000);
const USER = askOf(100_000, { key: 'user:ada', name: 'user', cost: 2 });

describe('ext-authz/quota/loans/loan-store', () => {
  let redis: TestRedis;
  let nowMs: number;
  let store: LoanStore;
  let callsBefore: number;

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.client.flushall();
    callsBefore = await commandCalls(redis.client, 'eval', 'evalsha');
    nowMs = 1_000_000;
    store = new LoanStore(new RedisStore(redis.client), () => nowMs);
  });
  afterEach(() => store.close());
  after(() => redis?.stop());

  const takeFrom = async (from: QuotaStore, asks: readonly BucketAsk[], session?: string): Promise<TakeOutcome> => {
    const request = { tenant: 'red', asks, session: session === undefined ? undefined : refOf(session) };
    return from.takeNow?.(request) ?? (await from.take(request));
  };
  const resultOf = (outcome: TakeOutcome) => {
    if (outcome.kind === 'ended') return 'ended';
    return outcome.taken.allowed ? 'passes' : 'denied';
  };
  const results = async (count: number, asks: readonly BucketAsk[], session?: string) => {
    const all: string[] = [];
    for (let n = 0; n < count; n += 1) all.push(resultOf(await takeFrom(store, asks, session)));
    return all;
  };
  const passing = async (count: number, asks: readonly BucketAsk[], session?: string) =>
    (await results(count, asks, session)).filter((result) => result === 'passes').length;
  const used = async (key = 'tenant') => {
    const [level] = ((await redis.client.get(`mcpgw:{red}:bucket:${key}`)) ?? '0').split(':');
    return Math.ceil(Number(level) / DAY_MS);
  };
  /** Questions to Redis since the test began. */
  const calls = async () => (await commandCalls(redis.client, 'eval', 'evalsha')) - callsBefore;
  const end = (session: string) => {
    const { owner, fingerprint, issuedAtSeconds } = refOf(session);
    return redis.client.zadd(`mcpgw:{red}:ended:${owner}`, issuedAtSeconds, fingerprint);
  };

  describe('for concurrent requests', () => {
    it('asks for all that arrived in the meantime together, and each gets what it would have got alone', async () => {
      const outcomes = await Promise.all(Array.from({ length: 40 }, () => takeFrom(store, [askOf(30)])));
      expect(outcomes.map(resultOf).filter((result) => result === 'passes')).to.have.lengthOf(30);
      const remaining = outcomes.map((outcome) => outcome.kind === 'taken' && outcome.taken.answers[0]?.remaining);
      expect(remaining).to.deep.equal([...Array.from({ length: 30 }, (_, n) => 29 - n), ...Array(10).fill(0)]);
      expect(await used()).to.equal(30);
      expect(await calls()).to.be.at.most(4);
    });

    it('denies those whose session was ended, and lets the others pass', async () => {
      await end('two');
      const sessions = ['one', 'two', 'three', undefined, 'two', 'one'];
      const outcomes = await Promise.all(sessions.map((session) => takeFrom(store, [askOf(50)], session)));
      expect(outcomes.map(resultOf)).to.deep.equal(['passes', 'ended', 'passes', 'passes', 'ended', 'passes']);
      expect(await used()).to.equal(4);
    });

    it('rejects all of them if Redis fails, including those that wait', async () => {
      const failing = new LoanStore(
        {
          take: () => Promise.reject(new Error('away')),
          takeSeveral: () => Promise.reject(new Error('away')),
          giveBack: () => Promise.resolve(),
        },
        () => nowMs,
      );
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => takeFrom(failing, [LARGE])));
      expect(outcomes.map(({ status }) => status)).to.deep.equal(Array(5).fill('rejected'));
    });

    it('does not wait for an answer that does not come', async () => {
      const answers: (() => void)[] = [];
      const slow = new LoanStore(
        {
          take: () => Promise.reject(new Error('never asked')),
          takeSeveral: ({ waiting }) =>
            new Promise((resolve) => {
              answers.push(() => resolve({ kind: 'taken', passed: waiting, loan: 0, levels: [waiting * DAY_MS] }));
            }),
          giveBack: () => Promise.resolve(),
        },
        () => nowMs,
      );
      const both = [takeFrom(slow, [LARGE]), takeFrom(slow, [LARGE])];
      await eventually(
        () => answers.length,
        (asked) => asked === 2,
      );
      for (const answer of answers) answer();
      expect((await Promise.all(both)).map(resultOf)).to.deep.equal(['passes', 'passes']);
    });
  });

  describe('with loans', () => {
    it('answers many equal requests from memory, with what is left after each', async () => {
      const remaining: unknown[] = [];
      for (let n = 0; n < 500; n += 1) {
        const outcome = await takeFrom(store, [LARGE, USER], 'f');
        if (outcome.kind === 'taken') remaining.push(outcome.taken.answers.map((answer) => answer?.remaining));
      }
      expect(remaining).to.deep.equal(Array.from({ length: 500 }, (_, n) => [99_999 - n, 99_998 - 2 * n]));
      expect(await calls()).to.be.at.most(30);
      store.close();
      await eventually(
        async () => [await used(), await used('user:ada')],
        ([tenant, user]) => tenant === 500 && user === 1_000,
      );
    });

    it('debits all of a loan before using any of it', async () => {
      for (let n = 1; n <= 200; n += 1) {
        expect(await passing(1, [LARGE])).to.equal(1);
        expect(await used()).to.be.at.least(n);
      }
    });

    it('gives back what it does not use', async () => {
      await passing(100, [LARGE, USER]);
      expect(await used()).to.be.above(100);
      nowMs += LOAN_MS;
      expect(
        await eventually(
          async () => [await used(), await used('user:ada')],
          ([tenant]) => tenant === 100,
        ),
      ).to.deep.equal([100, 200]);
    });

    it('asks for each request that comes alone, and takes no loan', async () => {
      for (let n = 1; n <= 10; n += 1) {
        expect(await passing(1, [LARGE])).to.equal(1);
        expect(await used()).to.equal(n);
        nowMs += 2 * LOAN_MS;
      }
    });

    it('takes smaller loans from a bucket that runs out, and none in the end', async () => {
      let most = 0;
      for (let n = 1; n <= 1_000; n += 1) {
        expect(await passing(1, [askOf(1_000)])).to.equal(1);
        const loan = (await used()) - n;
        most = Math.max(most, loan);
        expect(loan * 100).to.be.at.most(1_000 - n);
      }
      expect(most).to.be.above(5);
      expect(await passing(1, [askOf(1_000)])).to.equal(0);
    });

    it('keeps the bound of a bucket over all loans from it', async () => {
      for (let n = 0; n < 300; n += 1) {
        const user = askOf(1_000, { key: `user:${n % 6}`, name: 'user' });
        await takeFrom(store, [askOf(1_000), user]);
        expect((await used()) - (n + 1)).to.be.at.most((1_000 - n) / 100);
      }
    });

    it('does not use a loan for another limit', async () => {
      await passing(50, [LARGE]);
      const before = await calls();
      expect(await passing(1, [askOf(20)])).to.equal(0);
      expect(await passing(1, [askOf(200_000)])).to.equal(1);
      expect(await calls()).to.equal(before + 2);
    });

    it('continues when the server loses all data and scripts', async () => {
      await passing(50, [LARGE]);
      await redis.client.flushall();
      await redis.client.script('FLUSH');
      expect(await passing(200, [LARGE])).to.equal(200);
      nowMs += LOAN_MS;
      expect(await passing(1, [LARGE])).to.equal(1);
      store.close();
      await eventually(used, (all) => all <= 201);
    });

    it('detects an ended session when it asks Redis, at the latest after the time of a loan', async () => {
      await passing(50, [LARGE], 'f');
      await end('f');
      await end('g');
      nowMs += LOAN_MS - 1;
      await passing(1, [LARGE], 'f');
      // A session that was not looked up lately is looked up even with a loan.
      expect(await results(1, [LARGE], 'g')).to.deep.equal(['ended']);
      nowMs += 1;
      expect(await results(2, [LARGE], 'f')).to.deep.equal(['ended', 'ended']);
      expect(await results(2, [LARGE], 'h')).to.deep.equal(['passes', 'passes']);
    });

    it('looks up many sessions together in advance, and continues when one of them was ended', async () => {
      const sessions = Array.from({ length: 200 }, (_, n) => `s${n}`);
      const round = async () => {
        const before = await calls();
        const all: string[] = [];
        for (const session of sessions) {
          nowMs += 2;
          all.push(...(await results(1, [LARGE], session)));
        }
        return { asked: (await calls()) - before, ended: sessions.filter((_, n) => all[n] === 'ended') };
      };
      await round();
      expect((await round()).asked).to.be.below(60);
      expect((await round()).asked).to.be.below(20);
      await end('s77');
      expect((await round()).ended).to.deep.equal(['s77']);
      await round();
      expect(await round()).to.deep.include({ ended: ['s77'] });
      expect((await round()).asked).to.be.below(20);
    });

    it('does not look up too many sessions in advance', async () => {
      const recent = new RecentSessions();
      for (let n = 0; n < 300; n += 1) recent.note(refOf(`s${n}`), n);
      expect(recent.all(300)).to.deep.equal([]);
      expect(recent.has(refOf('s299'))).to.equal(false);
      expect(recent.all(10_290)).to.deep.equal(Array.from({ length: 9 }, (_, n) => refOf(`s${291 + n}`)));
      expect([recent.has(refOf('s290')), recent.has(refOf('s299'))]).to.deep.equal([false, true]);
    });

    it('detects it even if others have taken loans since', async () => {
      await passing(50, [LARGE], 'f');
      // So long that the session is not looked up in advance any more.
      nowMs += 10_000;
      await passing(150, [LARGE], 'h');
      await end('f');
      const before = await calls();
      expect(await results(1, [LARGE], 'h')).to.deep.equal(['passes']);
      expect(await calls(), 'there is no loan').to.equal(before);
      expect(await results(1, [LARGE], 'f')).to.deep.equal(['ended']);
    });

    it('lets exactly the burst pass in three processes, once their loans are given back', async () => {
      const three = [1, 2, 3].map(() => new LoanStore(new RedisStore(redis.client)));
      let passed = 0;
      const flood = async (from: LoanStore) => {
        for (let denials = 0; denials < 5; ) {
          const outcomes = await Promise.all(Array.from({ length: 8 }, () => takeFrom(from, [askOf(3_000)])));
          const through = outcomes.filter((outcome) => resultOf(outcome) === 'passes').length;
          passed += through;
          if (through === 0) denials += 1;
        }
      };
      await Promise.all(three.map(flood));
      expect(passed).to.be.at.least(3_000 - 3 * 30);
      await eventually(
        async () => {
          await Promise.all(three.map(flood));
          return passed;
        },
        (all) => all >= 3_000,
      );
      for (const one of three) one.close();
      expect(passed).to.equal(3_000);
      expect(await used()).to.equal(3_000);
      const many = await calls();
      expect(many, 'there was no loan').to.be.below(2_500);
    });
  });
});
