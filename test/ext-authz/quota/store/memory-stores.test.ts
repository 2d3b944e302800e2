import { expect } from 'chai';
import fc from 'fast-check';
import type { BucketAsk } from '../../../../core/quota/plan.ts';
import { DeferredCharges } from '../../../../ext-authz/quota/store/deferred-charges.ts';
import { MemoryStore } from '../../../../ext-authz/quota/store/memory-store.ts';
import { ShareStore } from '../../../../ext-authz/quota/store/share-store.ts';
import { limits, pauses } from '../../../core/quota/arbitrary.ts';
import { DAILY, passing } from './redis-backed.ts';

describe('ext-authz/quota/store/memory-store', () => {
  it('keeps tenants and buckets separate', async () => {
    const store = new MemoryStore();
    expect(await passing(store, 12)).to.equal(10);
    expect(await passing(store, 12, DAILY, 'blue')).to.equal(10);
    expect(await passing(store, 12, { ...DAILY, key: 'user:u' })).to.equal(10);
  });

  it('stores a bounded number of buckets: full ones are removed first, then the least recently used', async () => {
    let nowMs = 0;
    const store = new MemoryStore(() => nowMs, 2);
    const quick = { ...DAILY, key: 'quick', limit: { requests: 1, periodMs: 1_000, burst: 1 } };
    expect(await passing(store, 9)).to.equal(9);
    expect(await passing(store, 1, quick)).to.equal(1);
    nowMs = 1_000;
    expect(await passing(store, 10, DAILY, 'blue')).to.equal(10);
    expect(store.level('red', quick)).to.equal(0);
    expect(await passing(store, 2)).to.equal(1);
    expect(await passing(store, 1, DAILY, 'green')).to.equal(1);
    expect(await passing(store, 1, DAILY, 'red')).to.equal(0);
    expect(await passing(store, 1, DAILY, 'blue')).to.equal(1);
  });
});

describe('ext-authz/quota/store/share-store', () => {
  it('limits all processes together to the limit, but to no less than one request each', async () => {
    const scenario = fc.tuple(
      limits,
      fc.integer({ min: 1, max: 5 }),
      fc.array(pauses, { minLength: 1, maxLength: 15 }),
    );
    await fc.assert(
      fc.asyncProperty(scenario, async ([limit, processes, steps]) => {
        let nowMs = 0;
        const shares = Array.from({ length: processes }, () => new ShareStore(processes, new MemoryStore(() => nowMs)));
        let passed = 0;
        for (const pauseMs of steps) {
          nowMs += pauseMs;
          for (const share of shares) passed += await passing(share, 4, { ...DAILY, limit });
        }
        const most =
          BigInt(Math.max(limit.burst, processes)) * BigInt(limit.periodMs) + BigInt(limit.requests) * BigInt(nowMs);
        expect(BigInt(passed) * BigInt(limit.periodMs) <= most).to.equal(true);
      }),
      { numRuns: 50 },
    );
  });

  it('reports what is used of it, rounded up', async () => {
    let nowMs = 0;
    const share = new ShareStore(2, new MemoryStore(() => nowMs));
    const ask: BucketAsk = { ...DAILY, limit: { requests: 10, periodMs: 1_000, burst: 8 } };
    expect(await passing(share, 9, ask)).to.equal(4);
    expect(share.used('red', ask)).to.equal(4);
    nowMs = 100;
    expect(share.used('red', ask)).to.equal(4);
    nowMs = 200;
    expect(share.used('red', ask)).to.equal(3);
    nowMs = 800;
    expect(share.used('red', ask)).to.equal(0);
  });
});

describe('ext-authz/quota/store/deferred-charges', () => {
  it('sums up the cost at each bucket, under the newest limit', () => {
    const charges = new DeferredCharges();
    charges.note({ tenant: 'red', asks: [DAILY, { ...DAILY, key: 'user:u', cost: 3 }] });
    const raised = { ...DAILY, limit: { ...DAILY.limit, burst: 20 }, cost: 2 };
    charges.note({ tenant: 'red', asks: [raised] });
    charges.note({ tenant: 'blue', asks: [DAILY] });
    expect(charges.size).to.equal(3);
    expect(charges.collect()).to.deep.equal([
      { tenant: 'red', ask: { ...DAILY, key: 'user:u', cost: 3 } },
      { tenant: 'red', ask: { ...raised, cost: 3 } },
      { tenant: 'blue', ask: DAILY },
    ]);
    expect(charges.collect()).to.deep.equal([]);
  });
});
