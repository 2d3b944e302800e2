import { expect } from 'chai';
import { MAX_NAMES, OTHERS, spansSince, type UsageEvent, UsageLedger } from '../../../core/quota/usage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = Date.parse('2026-11-22T20:07:00Z');

const event = (more: Partial<UsageEvent> = {}): UsageEvent => ({
  ...{ tenant: 'red', user: 'ann', backend: 'jira', outcome: 'allowed' as const },
  messages: [{ tool: 'search', cost: 1 }],
  ...more,
});

describe('core/quota/usage', () => {
  const countOf = (ledger: UsageLedger, sinceMs = 0) => ledger.summary('red', sinceMs, 10).all[0]?.count;

  it('counts by user, backend and tool', () => {
    const ledger = new UsageLedger();
    ledger.count(event(), NOW_MS);
    ledger.count(event({ user: 'bob', messages: [{ tool: 'export', cost: 5 }] }), NOW_MS);
    ledger.count(event({ user: 'bob', outcome: 'refused' }), NOW_MS);
    ledger.count(event({ backend: 'wiki', messages: [{ tool: undefined, cost: 2 }], outcome: 'would-refuse' }), NOW_MS);
    ledger.count(event({ tenant: 'blue' }), NOW_MS);
    const { all, users, backends, tools } = ledger.summary('red', 0, 10);
    expect(all).to.deep.equal([{ name: '', count: { requests: 3, cost: 8, refused: 1, wouldRefuse: 1 } }]);
    expect(users).to.deep.equal([
      { name: 'ann', count: { requests: 2, cost: 3, refused: 0, wouldRefuse: 1 } },
      { name: 'bob', count: { requests: 1, cost: 5, refused: 1, wouldRefuse: 0 } },
    ]);
    expect(backends.map(({ name, count }) => [name, count.requests])).to.deep.equal([
      ['jira', 2],
      ['wiki', 1],
    ]);
    expect(tools.map(({ name, count }) => [name, count.cost])).to.deep.equal([
      ['search', 1],
      ['export', 5],
    ]);
    expect(ledger.summary('red', 0, 1).users).to.have.length(1);
    expect(ledger.summary('green', 0, 1).all).to.deep.equal([]);
  });

  it('counts each tool of a batch at its own cost, and the request once', () => {
    const ledger = new UsageLedger();
    const messages = [
      { tool: 'a', cost: 2 },
      { tool: 'b', cost: 3 },
      { tool: 'a', cost: 2 },
    ];
    ledger.count(event({ messages }), NOW_MS);
    expect(countOf(ledger)).to.include({ requests: 1, cost: 7 });
    expect(ledger.summary('red', 0, 9).tools.map(({ name, count }) => [name, count.cost])).to.deep.equal([
      ['a', 4],
      ['b', 3],
    ]);
  });

  it('separates the last hour from the last day, and drops what is older', () => {
    const ledger = new UsageLedger();
    const ages = [25 * HOUR_MS, 22 * HOUR_MS, 90 * MINUTE_MS, 50 * MINUTE_MS, 0];
    for (const age of ages) ledger.count(event(), NOW_MS - age);
    const { hourMs, dayMs } = spansSince(NOW_MS);
    expect([countOf(ledger, hourMs)?.requests, countOf(ledger, dayMs)?.requests]).to.deep.equal([2, 4]);
    expect(ledger.rows().some(({ windowMs }) => windowMs < dayMs)).to.equal(false);
    const later = NOW_MS + 22 * HOUR_MS;
    ledger.count(event(), later);
    expect(countOf(ledger, spansSince(later).dayMs)?.requests).to.equal(3);
    ledger.count(event({ tenant: 'blue' }), later + 25 * HOUR_MS);
    expect(new Set(ledger.rows().map(({ tenant }) => tenant))).to.deep.equal(new Set(['blue']));
  });

  it('adds up the counts of several ledgers without loss', () => {
    const [one, two, both] = [new UsageLedger(), new UsageLedger(), new UsageLedger()];
    for (const [at, ledger] of [one, two].entries()) {
      for (let index = 0; index < 50; index++) {
        ledger.count(event({ user: `u${index % (at + 2)}` }), NOW_MS - index * 10 * MINUTE_MS);
      }
    }
    for (const row of [...one.rows(), ...two.rows()]) both.add(row, NOW_MS);
    expect(countOf(both)?.requests).to.equal(100);
    expect(both.summary('red', 0, 9).users.map(({ count }) => count.requests)).to.deep.equal([42, 42, 16]);
  });

  it('keeps the names with most requests, and merges the rest, however many there are', () => {
    const ledger = new UsageLedger();
    for (let index = 0; index < 5_000; index++) {
      const tool = `tool-${index}`;
      ledger.count(event({ messages: [{ tool, cost: 1 }] }), NOW_MS);
      if (index % 10 === 0) ledger.count(event({ messages: [{ tool: 'often', cost: 1 }] }), NOW_MS);
    }
    const { tools, all } = ledger.summary('red', 0, 10_000);
    expect(tools.length).to.be.lessThan(MAX_NAMES + 251);
    expect(tools.find(({ name }) => name === 'often')?.count.requests).to.equal(500);
    expect(tools.find(({ name }) => name === OTHERS)?.count.requests).to.be.greaterThan(3_700);
    expect(tools.reduce((sum, { count }) => sum + count.requests, 0)).to.equal(5_500);
    expect(all[0]?.count.requests).to.equal(5_500);
  });

  it('makes names from callers harmless', () => {
    const ledger = new UsageLedger();
    ledger.count(
      event({ messages: [{ tool: `\u001b[2J\u009b${'x'.repeat(1_000)}`, cost: 1 }], user: 'a\u2028b\uD800' }),
      NOW_MS,
    );
    const { tools, users } = ledger.summary('red', 0, 1);
    expect(tools[0]?.name).to.match(/^\uFFFD\[2J\uFFFDx{123}$/);
    expect(users[0]?.name).to.equal('a\uFFFDb\uFFFD');
  });
});
