import { expect } from 'chai';
import { planAsks } from '../../../core/quota/plan.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import { type BucketReading, readingsOf, remainingNow, tenantBuckets } from '../../../core/quota/reading.ts';
import { take } from '../../../core/quota/take.ts';

const quota = quotaSchema.parse({
  ...{ requests: 60, per: 'minute', burst: 100 },
  users: { requests: 5, per: 'second' },
  backends: { jira: { requests: 10, per: 'minute' } },
  rules: [
    { name: 'all', tools: ['*'], requests: 7, per: 'minute' },
    { name: 'each', tools: ['*'], requests: 7, per: 'minute', each: 'user' },
  ],
});
const limit = { requests: 60, periodMs: 60_000, burst: 100 };

describe('core/quota/reading', () => {
  const message = { methods: ['tools/call'], items: [{ kind: 'tools' as const, name: 'x' }] };
  const asks = planAsks(quota, { message, backend: 'jira', user: 'dXNlcg' });

  it('covers the buckets that all members share, and no others', () => {
    const { taken } = take(asks, () => undefined, 1_000);
    const readings = readingsOf('red', asks, taken, { nowMs: 1_000, shared: true });
    expect(asks).to.have.length(5);
    expect(readings.map(({ key }) => key)).to.deep.equal(['tenant', 'backend:jira', 'rule:all']);
    expect(tenantBuckets(quota).map(({ key }) => key)).to.deep.equal(['tenant', 'backend:jira', 'rule:all']);
    expect(readings[0]).to.deep.equal({
      ...{ tenant: 'red', key: 'tenant', shared: true },
      ...{ level: 60_000, periodMs: 60_000, atMs: 1_000 },
    });
  });

  const reading = (more: Partial<BucketReading>): BucketReading => ({
    ...{ tenant: 'red', key: 'tenant', shared: true, periodMs: 60_000, atMs: 0 },
    level: 100 * 60_000,
    ...more,
  });
  const left = (readings: BucketReading[], nowMs: number, processes = 1, changed = limit) =>
    remainingNow(readings, changed, { nowMs, processes });

  it('refills until now, by the present limit', () => {
    expect(left([reading({})], 0)).to.equal(0);
    expect(left([reading({})], 999)).to.equal(0);
    expect(left([reading({})], 5_000)).to.equal(5);
    expect(left([reading({})], 3_600_000)).to.equal(100);
    expect(left([reading({})], 0, 1, { ...limit, burst: 130 })).to.equal(30);
    expect(left([reading({})], 0, 1, { ...limit, burst: 10 })).to.equal(0);
  });

  it('uses the newest one of a shared bucket, and all of them together otherwise', () => {
    expect(left([reading({ level: 0, atMs: 5 }), reading({})], 5)).to.equal(100);
    const mine = { shared: false };
    // Of two processes with half of the bucket each, one has used all of its half, or half of it; the other one nothing.
    expect(left([reading(mine)], 0, 2)).to.equal(50);
    expect(left([reading({ ...mine, level: 50 * 60_000 })], 0, 2)).to.equal(75);
    expect(left([reading(mine), reading(mine)], 0, 2)).to.equal(0);
    expect(left([reading(mine), reading({ atMs: 1 })], 1, 2)).to.equal(0);
  });
});
