import { expect } from 'chai';
import fc from 'fast-check';
import type { BucketState } from '../../../core/quota/bucket.ts';
import { take } from '../../../core/quota/take.ts';
import { asks, pauses } from './arbitrary.ts';

const KEYS = ['a', 'b', 'c'];

describe('core/quota/take', () => {
  it('debits all buckets or none', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(pauses, asks(KEYS)), { maxLength: 40 }), (steps) => {
        const states = new Map<string, BucketState>();
        let nowMs = 0;
        for (const [pauseMs, asked] of steps) {
          nowMs += pauseMs;
          // The answer of each bucket on its own.
          const alone = asked.map((ask) => take([ask], (key) => states.get(key), nowMs).taken.allowed);
          const { taken, states: after } = take(asked, (key) => states.get(key), nowMs);
          expect(taken.allowed).to.equal(alone.every(Boolean));
          asked.forEach((ask, index) => {
            const level = after.get(ask.key)?.level ?? 0;
            const before = take([{ ...ask, cost: 0 }], (key) => states.get(key), nowMs).states.get(ask.key)?.level ?? 0;
            expect(level - before).to.equal(taken.allowed ? ask.cost * ask.limit.periodMs : 0);
            expect(taken.answers[index]?.waitMs === 0).to.equal(taken.allowed || alone[index]);
          });
          if (taken.allowed) for (const [key, state] of after) states.set(key, state);
        }
      }),
    );
  });

  it('lets a request pass that asks no bucket', () => {
    expect(take([], () => undefined, 0).taken).to.deep.equal({ allowed: true, answers: [] });
  });
});
