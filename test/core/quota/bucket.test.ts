import { expect } from 'chai';
import fc from 'fast-check';
import {
  answerAt,
  fits,
  type Limit,
  levelAt,
  MAX_AHEAD_MS,
  MAX_BURST,
  PERIODS_MS,
} from '../../../core/quota/bucket.ts';
import { take } from '../../../core/quota/take.ts';
import { limits, pauses } from './arbitrary.ts';

const HOUR: Limit = { requests: 1000, periodMs: PERIODS_MS.hour, burst: 10 };
const used = (requests: number, atMs = 0, periodMs: number = HOUR.periodMs) => ({
  level: requests * periodMs,
  periodMs,
  atMs,
});

describe('core/quota/bucket', () => {
  it('is full without a stored state', () => {
    expect(levelAt(undefined, HOUR, 5)).to.equal(0);
    expect(answerAt(0, HOUR, 1)).to.deep.equal({ remaining: 10, waitMs: 0, fullMs: 0 });
  });

  it('refills over time, to the millisecond', () => {
    expect(levelAt(used(10), HOUR, 3_600)).to.equal(9 * HOUR.periodMs);
    expect(fits(levelAt(used(10), HOUR, 3_599), HOUR, 1)).to.equal(false);
    expect(fits(levelAt(used(10), HOUR, 3_600), HOUR, 1)).to.equal(true);
    expect(levelAt(used(10), HOUR, PERIODS_MS.day)).to.equal(0);
  });

  it('says how long to wait, and lets the request pass then', () => {
    fc.assert(
      fc.property(
        limits,
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (limit, cost, part) => {
          const level = Math.floor(part * limit.burst * limit.periodMs);
          const { waitMs } = answerAt(level, limit, cost);
          expect(waitMs === 0).to.equal(fits(level, limit, cost));
          if (waitMs === 0 || cost > limit.burst) return;
          const state = { level, periodMs: limit.periodMs, atMs: 0 };
          expect(fits(levelAt(state, limit, waitMs), limit, cost)).to.equal(true);
          expect(fits(levelAt(state, limit, waitMs - 1), limit, cost)).to.equal(false);
        },
      ),
    );
  });

  it('unblocks immediately when the limit is raised, and waits only once when it is lowered', () => {
    expect(levelAt(used(10), { ...HOUR, burst: 11 }, 0)).to.equal(10 * HOUR.periodMs);
    expect(fits(levelAt(used(10), { ...HOUR, burst: 11 }, 0), { ...HOUR, burst: 11 }, 1)).to.equal(true);
    const lower = { ...HOUR, burst: 2 };
    expect(levelAt(used(10), lower, 0)).to.equal(2 * HOUR.periodMs);
    expect(answerAt(levelAt(used(10), lower, 0), lower, 1).waitMs).to.equal(3_600);
  });

  it('keeps what was used when the period changes', () => {
    const minute = { requests: 60, periodMs: PERIODS_MS.minute, burst: 10 };
    expect(levelAt(used(4), minute, 0)).to.equal(4 * PERIODS_MS.minute);
    expect(levelAt(used(4, 0, PERIODS_MS.second), minute, 0)).to.equal(4 * PERIODS_MS.minute);
    // Never in favor of the caller.
    expect(levelAt({ level: 1, periodMs: PERIODS_MS.day, atMs: 0 }, minute, 0)).to.equal(1);
  });

  it('drains nothing when the clock is set back, and ignores what a wrong clock wrote', () => {
    expect(levelAt(used(10, MAX_AHEAD_MS), HOUR, 0)).to.equal(10 * HOUR.periodMs);
    expect(levelAt(used(10, MAX_AHEAD_MS + 1), HOUR, 0)).to.equal(0);
  });

  it('does not drain twice when the clock is set back and forth', () => {
    const ask = { key: 'k', name: 'k', limit: HOUR, cost: 1 };
    const { states } = take([ask], () => used(9, 10_000), 4_000);
    expect(states.get('k')).to.deep.equal({ ...used(10, 10_000) });
  });

  it('stays within exact whole numbers', () => {
    expect(MAX_BURST * PERIODS_MS.day).to.be.below(Number.MAX_SAFE_INTEGER);
  });

  it('never lets more pass than burst + rate × time, nor less than is left', () => {
    const scenario = fc.tuple(
      limits,
      fc.array(fc.tuple(pauses, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 60 }),
    );
    fc.assert(
      fc.property(scenario, ([limit, steps]) => {
        let [nowMs, through] = [0, 0];
        let state = undefined as ReturnType<typeof used> | undefined;
        for (const [pauseMs, cost] of steps) {
          nowMs += pauseMs;
          const { taken, states } = take([{ key: 'k', name: 'k', limit, cost }], () => state, nowMs);
          const most = BigInt(limit.burst) * BigInt(limit.periodMs) + BigInt(limit.requests) * BigInt(nowMs);
          if (taken.allowed) {
            state = states.get('k');
            through += cost;
          } else if (cost <= limit.burst) expect(taken.answers[0]?.waitMs).to.be.above(0);
          expect(BigInt(through) * BigInt(limit.periodMs) <= most, `${through} by ${nowMs} ms`).to.equal(true);
        }
      }),
    );
  });
});
