import { expect } from 'chai';
import fc from 'fast-check';
import { type BucketState, levelAt } from '../../../core/quota/bucket.ts';
import { LOAN_PART } from '../../../core/quota/loan.ts';
import { take, takeSeveral } from '../../../core/quota/take.ts';
import { asks, states, wishes } from './arbitrary.ts';

const KEYS = ['a', 'b', 'c'];
const NOW_MS = 1_000_000;

describe('core/quota/loan', () => {
  it('gives to several what they would get one after the other', () => {
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
        const { granted, lent, levels } = takeSeveral(asked, (key) => known.get(key), NOW_MS, {
          count,
          lend: 0,
          held: 0,
        });
        expect([granted, lent]).to.deep.equal([passed, 0]);
        expect(levels).to.deep.equal(asked.map(({ key, limit }) => levelAt(one.get(key), limit, NOW_MS)));
      }),
    );
  });

  it('lends no more than a small part of what is left of any bucket, nothing where one refuses, and else what it may', () => {
    fc.assert(
      fc.property(asks(KEYS), states(KEYS, NOW_MS), wishes, (asked, known, wish) => {
        const without = takeSeveral(asked, (key) => known.get(key), NOW_MS, { ...wish, lend: 0 });
        const { granted, lent, levels } = takeSeveral(asked, (key) => known.get(key), NOW_MS, wish);
        expect(granted).to.equal(without.granted);
        const fitsAll = (more: number) =>
          asked.every(({ limit, cost }, index) => {
            const left = Math.floor(limit.burst - (without.levels[index] ?? 0) / limit.periodMs);
            return (more * cost + wish.held) * LOAN_PART <= left;
          });
        if (granted < wish.count) expect(lent).to.equal(0);
        else if (lent > 0) expect(fitsAll(lent)).to.equal(true);
        if (granted === wish.count && lent < wish.lend) expect(fitsAll(lent + 1)).to.equal(false);
        for (const [index, { limit, cost }] of asked.entries()) {
          expect(levels[index]).to.equal((without.levels[index] ?? 0) + lent * cost * limit.periodMs);
        }
      }),
    );
  });

  it('lends nothing of what costs nothing', () => {
    const free = { key: 'a', name: 'a', limit: { requests: 1, periodMs: 1_000, burst: 1_000 }, cost: 0 };
    const wish = { count: 3, lend: 10, held: 0 };
    expect(takeSeveral([free], () => undefined, NOW_MS, wish)).to.include({ granted: 3, lent: 0 });
    expect(takeSeveral([], () => undefined, NOW_MS, wish)).to.include({ granted: 3, lent: 0 });
  });
});
