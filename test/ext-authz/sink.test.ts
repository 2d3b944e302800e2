import { expect } from 'chai';
import type { Charge, Decision } from '../../core/decision/decision.ts';
import { hashPrincipal } from '../../core/identity/principal.ts';
import { deny } from '../../core/mcp/denial.ts';
import { createSink } from '../../ext-authz/sink.ts';

const READING = { tenant: 'red', key: 'tenant', shared: false, level: 1, periodMs: 1_000, atMs: 2 };
const DECISION: Decision = {
  outcome: { kind: 'allow', lane: 'session' },
  httpMethod: 'POST',
  trace: { requestId: 'r', traceparent: undefined, client: '192.0.2.1' },
  user: { issuer: 'https://i.example', subject: 'ada', principal: hashPrincipal('https://i.example', 'ada') },
  ...{ tenant: 'red', roles: [], backend: 'a', session: 'f', slot: undefined, durationMs: 1 },
  methods: ['tools/call'],
  items: [{ kind: 'tools', name: 'get' }],
  charge: undefined,
};
const messages = [{ tool: 'get', cost: 2 }];
const charged = (outcome: Charge['outcome'], more: Partial<Charge> = {}): Decision => ({
  ...DECISION,
  charge: { outcome, messages, readings: [], ...more },
});

/** What a sink does with a decision: lines of the audit log, usage events, counts. */
function sunk(decision: Decision, auditSetting: 'all' | 'denied' | 'none' = 'all') {
  const [lines, events, counts]: [unknown[], unknown[], unknown[]] = [[], [], []];
  const sink = createSink({
    audit: (record) => lines.push(record),
    auditSetting: () => auditSetting,
    admit: () => true,
    usage: { count: (event, readings) => events.push([event, readings]) },
    counts: { count: (...count) => counts.push(count) },
  });
  sink(decision);
  return { lines, events, counts };
}

describe('ext-authz/sink', () => {
  const event = (outcome: string) => ({ tenant: 'red', user: 'ada', backend: 'a', messages, outcome });

  for (const [what, decision, usage, count] of [
    ['a request that no bucket applies to', charged('free'), 'allowed', undefined],
    ['a request that costs nothing', charged('free', { messages: [] }), undefined, undefined],
    ['an allowed request', charged('allowed'), 'allowed', 'allowed'],
    ['a dry run', charged('would-refuse'), 'would-refuse', 'would-refuse'],
    ['a denied request', { ...charged('refused'), outcome: deny('quota') }, 'refused', 'refused'],
    ['a store that fails', charged('unavailable', { messages: [] }), undefined, 'unavailable'],
    ['a request that did not reach the quotas', { ...DECISION, outcome: deny('forbidden') }, undefined, undefined],
    ['an unknown caller', { ...DECISION, user: undefined, tenant: undefined }, undefined, undefined],
  ] as [string, Decision, string | undefined, string | undefined][]) {
    it(`records and counts ${what} once`, () => {
      const { lines, events, counts } = sunk(decision);
      expect(lines).to.have.length(1);
      expect(events).to.deep.equal(usage === undefined ? [] : [[event(usage), []]]);
      expect(counts).to.deep.equal(count === undefined ? [] : [['red', count]]);
    });
  }

  it('passes on the states of the buckets', () => {
    const { events } = sunk(charged('allowed', { readings: [READING] }));
    expect(events).to.deep.equal([[event('allowed'), [READING]]]);
  });

  it('counts what the audit log leaves out', () => {
    const { lines, events, counts } = sunk(charged('allowed'), 'denied');
    expect([lines.length, events.length, counts.length]).to.deep.equal([0, 1, 1]);
  });
});
