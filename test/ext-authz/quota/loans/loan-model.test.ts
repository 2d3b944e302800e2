import { expect } from 'chai';
import fc from 'fast-check';
import { type BucketState, type Limit, levelAt } from '../../../../core/quota/bucket.ts';
import { LOAN_PART } from '../../../../core/quota/loan.ts';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { takeSeveral } from '../../../../core/quota/take.ts';
import { LoanStore } from '../../../../ext-authz/quota/loans/loan-store.ts';
import type { RedisStore } from '../../../../ext-authz/quota/store/redis-store.ts';

const PROCESSES = 3;

/** Requests at one process: the time since those before, and how many in a row. */
const step = fc.record({
  process: fc.nat({ max: PROCESSES - 1 }),
  pauseMs: fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 40 }) }, { weight: 1, arbitrary: fc.nat({ max: 20_000 }) }),
  count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })),
  cost: fc.constantFrom(1, 1, 1, 3),
});

const limits = fc.record({
  requests: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 5_000 })),
  periodMs: fc.constantFrom(1_000, 60_000),
  burst: fc.integer({ min: 1, max: 5_000 }),
});

/** A model of Redis, with a clock that the test sets. */
class Model implements Pick<RedisStore, 'take' | 'takeSeveral' | 'giveBack'> {
  nowMs = 1_000_000;
  state: BucketState | undefined;
  asked = 0;

  takeSeveral: RedisStore['takeSeveral'] = ({ asks, ...request }) => {
    this.asked += 1;
    const { passed, loan, levels, states } = takeSeveral(asks, () => this.state, this.nowMs, request);
    if (passed > 0) this.state = states.get('tenant');
    return Promise.resolve({ kind: 'taken', passed, loan, levels });
  };

  giveBack: RedisStore['giveBack'] = (_tenant, asks, count) => {
    for (const { limit, cost } of asks) {
      const level = Math.max(0, levelAt(this.state, limit, this.nowMs) - count * cost * limit.periodMs);
      this.state = { level, periodMs: limit.periodMs, atMs: this.nowMs };
    }
    return Promise.resolve();
  };

  take: RedisStore['take'] = () => Promise.reject(new Error('no session was ended'));
}

/** The largest cost that passed from any request on, beyond the burst, the rate, and what may be on loan at that time. */
function excessOf(through: readonly { atMs: number; cost: number }[], limit: Limit, startMs: number): number {
  let excess = Number.NEGATIVE_INFINITY;
  for (const [first, { atMs: fromMs }] of through.entries()) {
    const loans = fromMs === startMs ? 0 : (PROCESSES * limit.burst) / LOAN_PART;
    let sum = 0;
    for (let index = first; index < through.length; index += 1) {
      const { atMs, cost } = through[index] ?? { atMs: 0, cost: 0 };
      sum += cost;
      excess = Math.max(excess, sum - limit.burst - (limit.requests * (atMs - fromMs)) / limit.periodMs - loans);
    }
  }
  return excess;
}

describe('ext-authz/quota/loans/loan-store, with a model of Redis', () => {
  it('keeps to burst and rate, except for what is on loan when counting begins, and loans cost the tenant nothing', async function () {
    this.timeout(60_000);
    let onLoan = 0;
    const scenario = fc.tuple(limits, fc.array(step, { minLength: 1, maxLength: 40 }));
    await fc.assert(
      fc.asyncProperty(scenario, async ([limit, steps]) => {
        const model = new Model();
        const startMs = model.nowMs;
        const stores = Array.from({ length: PROCESSES }, () => new LoanStore(model, () => model.nowMs));
        const through: { atMs: number; cost: number }[] = [];
        // The bucket as it would be if every request were debited when it came.
        let exact: BucketState = { level: 0, periodMs: limit.periodMs, atMs: startMs };
        let requests = 0;
        for (const { process, pauseMs, count, cost } of steps) {
          model.nowMs += pauseMs;
          const asks: BucketAsk[] = [{ key: 'tenant', name: 'tenant', limit, cost }];
          for (let n = 0; n < count; n += 1) {
            const request = { tenant: 'red', asks, session: undefined };
            const outcome = stores[process]?.takeNow(request) ?? (await stores[process]?.take(request));
            requests += 1;
            if (outcome?.kind !== 'taken' || !outcome.taken.allowed) continue;
            through.push({ atMs: model.nowMs, cost });
            const level = levelAt(exact, { ...limit, burst: 1e9 }, model.nowMs) + cost * limit.periodMs;
            exact = { level, periodMs: limit.periodMs, atMs: model.nowMs };
          }
        }
        for (const store of stores) store.close();
        onLoan += requests - model.asked;
        // At least as much is left as without loans.
        const left = levelAt(model.state, limit, model.nowMs);
        expect(left).to.be.at.most(levelAt(exact, { ...limit, burst: 1e9 }, model.nowMs));
        expect(excessOf(through, limit, startMs)).to.be.at.most(0);
      }),
      { numRuns: 100 },
    );
    expect(onLoan, 'there was no loan').to.be.above(500);
  });
});
