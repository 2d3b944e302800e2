import { expect } from 'chai';
import { sumQuotas } from '../../../control/cluster/quota-sum.ts';
import { toReport } from '../../../control/tenants/quota-report.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import type { BucketReading } from '../../../core/quota/reading.ts';
import type { UsageCount } from '../../../core/quota/usage.ts';
import type { QuotaState, UsageSpan } from '../../../runtime/policy/quota.ts';
import { quotaStateSchema } from '../../../runtime/policy/quota-json.ts';

const count = (requests: number, refused = 0): UsageCount => ({
  ...{ requests, cost: requests * 10, refused, wouldRefuse: 0 },
});
const span = (sinceMs: number, users: Record<string, UsageCount>): UsageSpan => ({
  ...{ sinceMs, all: count(5, 1), backends: [], tools: [] },
  users: Object.entries(users).map(([name, one]) => ({ name, count: one })),
});
const limits = quotaSchema.parse({
  ...{ requests: 100, per: 'hour', users: { requests: 5, per: 'second' }, maxStreams: 3 },
  backends: { github: { requests: 1, per: 'day', burst: 2 } },
  rules: [
    { name: 'search', tools: ['search_*'], requests: 7, per: 'minute', each: 'user' },
    { name: 'all', methods: ['*'], backends: ['jira'], requests: 7, per: 'minute' },
  ],
  costs: [{ methods: ['*/list'], cost: 0 }],
  topUps: [{ requests: 5, until: '2030-01-01T00:00:00Z' }],
});
const NOW = 1_000_000;
const used = (requests: number, more: Partial<BucketReading> = {}): BucketReading => ({
  ...{ tenant: 'red', key: 'tenant', shared: false, periodMs: 3_600_000, atMs: NOW, level: requests * 3_600_000 },
  ...more,
});
const state = (more: Partial<QuotaState>): QuotaState => ({
  ...{ tenants: ['red'], backends: [], quota: { ...limits, topUps: [] }, readings: [], redis: false, processes: 4 },
  ...{ lastHour: span(300, {}), lastDay: span(0, {}) },
  ...more,
});
const leftOf = (states: readonly [QuotaState, ...QuotaState[]], processes: number) =>
  toReport('red', sumQuotas(states, processes), NOW).limits[0]?.left;

describe('control/cluster/quota-sum', () => {
  it('adds up use by name, most requests first', () => {
    const one = state({ lastHour: span(300, { alice: count(3), bob: count(1, 1) }) });
    const two = state({ lastHour: span(200, { carol: count(1, 5), bob: count(2, 1) }) });
    const { lastHour, lastDay } = sumQuotas([one, two], 2);
    expect(lastHour).to.deep.include({ sinceMs: 200, all: count(10, 2) });
    expect(lastHour.users).to.deep.equal([
      { name: 'carol', count: count(1, 5) },
      { name: 'bob', count: count(3, 2) },
      { name: 'alice', count: count(3) },
    ]);
    expect(lastDay.users).to.deep.equal([]);
  });

  it('takes the newest reading of a bucket in Redis', () => {
    const shared = (requests: number, atMs: number) =>
      state({ redis: true, readings: [used(requests, { shared: true, atMs })] });
    expect(leftOf([shared(40, NOW), shared(10, NOW - 50)], 2)).to.equal(60);
    expect(leftOf([shared(10, NOW - 50), shared(40, NOW)], 9)).to.equal(60);
  });

  it('adds up what each process has left without Redis', () => {
    // Four processes share: each has a quarter, and counts every request as four.
    const one = state({ readings: [used(4 * 20), used(4 * 10)] });
    const two = state({ readings: [used(4 * 25)] });
    expect(leftOf([one, two], 4)).to.equal(45);
  });

  it('counts only processes that run', () => {
    const full = state({ readings: [used(4 * 25)] });
    expect(leftOf([full], 1)).to.equal(0);
    expect(leftOf([full, state({})], 2)).to.equal(25);
    // More processes than planned have more in total.
    expect(leftOf([full, full, full, full, full, state({})], 6)).to.equal(25);
  });
});

describe('runtime/policy/quota-json', () => {
  it('reads what was written, including what JSON omits', () => {
    for (const quota of [limits, { ...limits, tenant: undefined, rules: [] }, undefined]) {
      const written = state({ quota, readings: [used(1)], lastHour: span(1, { alice: count(3) }) });
      expect(quotaStateSchema.parse(JSON.parse(JSON.stringify(written)))).to.deep.equal(written);
    }
    expect(quotaStateSchema.safeParse({ ready: true }).success).to.equal(false);
  });
});
