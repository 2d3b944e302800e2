import { expect } from 'chai';
import { MAX_BURST } from '../../../core/quota/bucket.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import { take } from '../../../core/quota/take.ts';
import { withTopUps } from '../../../core/quota/top-up.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-11-22T20:00:00Z');
const limit = { requests: 10, per: 'hour', burst: 5 };

/** The number of requests that pass at each of the given times, in minutes since the start. */
function passedAt(quota: ReturnType<typeof quotaSchema.parse>, minutes: readonly number[]): number[] {
  let state: Parameters<typeof take>[1] = () => undefined;
  return minutes.map((minute) => {
    const nowMs = START_MS + minute * 60_000;
    for (let passed = 0; ; passed++) {
      const { tenant } = withTopUps(quota, nowMs);
      if (tenant === undefined) throw new Error('there is no limit');
      const outcome = take([{ key: 'tenant', name: 'tenant', limit: tenant, cost: 1 }], state, nowMs);
      if (!outcome.taken.allowed) return passed;
      state = (key) => outcome.states.get(key);
    }
  });
}

describe('core/quota/top-up', () => {
  const topUps = [
    { requests: 3, until: '2026-11-22T21:00:00Z' },
    { requests: 4, until: '2026-11-22T22:30:00+01:00' },
  ];

  it('adds to the burst of the tenant until it is over', () => {
    const quota = quotaSchema.parse({ ...limit, topUps });
    const burstAt = (ms: number) => withTopUps(quota, ms).tenant?.burst;
    expect(burstAt(START_MS)).to.equal(12);
    expect(burstAt(START_MS + HOUR_MS - 1)).to.equal(12);
    expect(burstAt(START_MS + HOUR_MS)).to.equal(9);
    expect(withTopUps(quota, START_MS + 1.5 * HOUR_MS)).to.equal(quota);
  });

  it('lets exactly that many more pass, once, at no later cost', () => {
    const plain = quotaSchema.parse(limit);
    const topped = quotaSchema.parse({ ...limit, topUps: [topUps[0]] });
    expect(passedAt(plain, [0, 6, 66])).to.deep.equal([5, 1, 5]);
    expect(passedAt(topped, [0, 6, 66])).to.deep.equal([8, 1, 5]);
    // Used up at the last moment: then the burst refills from empty.
    expect(passedAt(topped, [59, 65, 71])).to.deep.equal([8, 1, 1]);
  });

  it('is bounded, has a time, and needs a limit to add to', () => {
    const problems = (document: unknown) =>
      quotaSchema.safeParse(document).error?.issues.map(({ path }) => path.join('.'));
    expect(problems({ ...limit, topUps })).to.equal(undefined);
    expect(problems({ topUps })).to.deep.equal(['topUps']);
    const tooMany = { requests: MAX_BURST, until: topUps[0]?.until };
    expect(problems({ ...limit, topUps: [tooMany] })).to.deep.equal(['topUps']);
    expect(problems({ ...limit, topUps: [{ requests: 0, until: 'tomorrow' }] })).to.deep.equal([
      'topUps.0.requests',
      'topUps.0.until',
    ]);
    expect(problems({ ...limit, topUps: Array(21).fill(topUps[0]) })).to.deep.equal(['topUps']);
  });
});
