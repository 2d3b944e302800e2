import { expect } from 'chai';
import fc from 'fast-check';
import { type BucketState, levelAt } from '../../../core/quota/bucket.ts';
import { LOAN_PART } from '../../../core/quota/loan.ts';
import { take, takeSeveral } from '../../../core/quota/take.ts';
import { asks, loanRequests, states } from './arbitrary.ts';

const KEYS = ['a', 'b', 'c'];
const NOW_MS = 1_000_000;

describe('core/quota/loan', () => {
  it('gives several requests together what they would get one after the other', () => {
    fc.assert(
      fc.property(asks(KEYS), states(KEYS, NOW_MS), fc.integer({ min: 1, max: 12 }), (asked, known, count) => {
        const one = new Map<string, BucketState>(known);
        let passed = 0;
        for (let n = 0; n < count; n += 1) {
          const { taken, states: after } = take(asked, (key) => one.get(key), NOW_MS);
          if (!taken.allowed) continue;
          passed += 1;
          for (const [key, state] of after) one.set(key, state);
        }
        const together = takeSeveral(asked, (key) => known.get(key), NOW_MS, {
          waiting: count,
          loan: 0,
          outstanding: 0,
        });
        expect(together).to.include({ passed, loan: 0 });
        expect(together.levels).to.deep.equal(asked.map(({ key, limit }) => levelAt(one.get(key), limit, NOW_MS)));
      }),
    );
  });

  it('makes the largest loan that is a small part of what is left of each bucket, and none if a request is denied', () => {
    fc.assert(
      fc.property(asks(KEYS), states(KEYS, NOW_MS), loanRequests, (asked, known, request) => {
        const without = takeSeveral(asked, (key) => known.get(key), NOW_MS, { ...request, loan: 0 });
        const { passed, loan, levels } = takeSeveral(asked, (key) => known.get(key), NOW_MS, request);
        expect(passed).to.equal(without.passed);
        const fitsAll = (more: number) =>
          asked.every(({ limit, cost }, index) => {
            const left = Math.floor(limit.burst - (without.levels[index] ?? 0) / limit.periodMs);
            return (more * cost + request.outstanding) * LOAN_PART <= left;
          });
        if (passed < request.waiting) expect(loan).to.equal(0);
        else if (loan > 0) expect(fitsAll(loan)).to.equal(true);
        if (passed === request.waiting && loan < request.loan) expect(fitsAll(loan + 1)).to.equal(false);
        for (const [index, { limit, cost }] of asked.entries()) {
          expect(levels[index]).to.equal((without.levels[index] ?? 0) + loan * cost * limit.periodMs);
        }
      }),
    );
  });

  it('makes no loan for requests that cost nothing', () => {
    const free = { key: 'a', name: 'a', limit: { requests: 1, periodMs: 1_000, burst: 1_000 }, cost: 0 };
    const request = { waiting: 3, loan: 10, outstanding: 0 };
    expect(takeSeveral([free], () => undefined, NOW_MS, request)).to.include({ passed: 3, loan: 0 });
    expect(takeSeveral([], () => undefined, NOW_MS, request)).to.include({ passed: 3, loan: 0 });
  });
});
