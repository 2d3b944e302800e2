import { expect } from 'chai';
import { planAsks } from '../../../core/quota/plan.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import { withTopUps } from '../../../core/quota/top-up.ts';
import { settleTopUps } from '../../../ext-authz/quota/settle.ts';
import { MemoryStore } from '../../../ext-authz/quota/store/memory-store.ts';
import type { TakeRequest } from '../../../ext-authz/quota/store/store.ts';

const START_MS = Date.parse('2026-11-22T20:00:00Z');
const MINUTE_MS = 60_000;

describe('ext-authz/quota/settle', () => {
  let nowMs: number;
  let taken: TakeRequest[];
  let memory: MemoryStore;
  const store = {
    take: (request: TakeRequest) => {
      taken.push(request);
      return memory.take(request);
    },
  };

  beforeEach(() => {
    nowMs = START_MS;
    taken = [];
    memory = new MemoryStore(() => nowMs);
  });

  const quotaOf = (...topUps: [requests: number, minutes: number][]) =>
    quotaSchema.parse({
      ...{ requests: 1, per: 'day', burst: 5 },
      topUps: topUps.map(([requests, minutes]) => ({
        requests,
        until: new Date(START_MS + minutes * MINUTE_MS).toISOString(),
      })),
    });
  /** The number of requests that pass now. */
  const passedNow = async (quota: ReturnType<typeof quotaOf>) => {
    const message = { methods: ['x'], items: [] };
    for (let passed = 0; ; passed++) {
      await settleTopUps('red', quota, store, nowMs);
      const asks = planAsks(withTopUps(quota, nowMs), { message, backend: 'a', user: 'u' });
      const outcome = await memory.take({ tenant: 'red', asks, session: undefined });
      if (outcome.kind !== 'taken' || !outcome.taken.allowed) return passed;
    }
  };

  it('makes each top-up worth its requests, whatever was used of the one before', async () => {
    const first = quotaOf([30, 1]);
    expect(await passedNow(first)).to.equal(35);
    nowMs += MINUTE_MS;
    expect(await passedNow(first)).to.equal(0);
    expect(await passedNow(quotaOf([3, 9]))).to.equal(3);
  });

  it('is done once for each top-up, by a request that debits nothing', async () => {
    const quota = quotaOf([3, 1], [4, 2]);
    expect(await passedNow(quota)).to.equal(12);
    expect(taken).to.have.length(0);
    for (const wanted of [1, 2]) {
      nowMs += MINUTE_MS;
      expect([await passedNow(quota), await passedNow(quota)]).to.deep.equal([0, 0]);
      expect(taken).to.have.length(wanted);
    }
    expect(taken.map(({ asks }) => asks.map(({ key, cost, limit }) => [key, cost, limit.burst]))).to.deep.equal([
      [['tenant', 0, 9]],
      [['tenant', 0, 5]],
    ]);
  });

  it('does nothing without a top-up', async () => {
    await settleTopUps('red', quotaOf(), store, nowMs);
    await settleTopUps('red', quotaSchema.parse({}), store, nowMs);
    expect(taken).to.have.length(0);
  });
});
