import { expect } from 'chai';
import { planAsks, type QuotaRequest } from '../../../core/quota/plan.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';

const hourly = (requests: number) => ({ requests, per: 'hour' });

/** A request of user `u` to `jira`: calls of these tools, and these other methods. */
function requestOf(tools: string[], methods: string[] = [], backend = 'jira'): QuotaRequest {
  const items = tools.map((name) => ({ kind: 'tools' as const, name }));
  return { message: { methods: [...methods, ...tools.map(() => 'tools/call')], items }, backend, user: 'u' };
}

/** What the request asks of each bucket, as `key=cost`. */
const plan = (quota: unknown, request: QuotaRequest) =>
  planAsks(quotaSchema.parse(quota), request).map(({ key, cost }) => `${key}=${cost}`);

describe('core/quota/plan', () => {
  it('asks every bucket that a request belongs to', () => {
    const quota = {
      ...hourly(1000),
      users: hourly(100),
      backends: { jira: hourly(50), wiki: hourly(50) },
      rules: [
        { name: 'search', tools: ['search_*'], each: 'user', ...hourly(10) },
        { name: 'all-search', tools: ['search_*'], ...hourly(20) },
        { name: 'other', tools: ['get_*'], ...hourly(20) },
      ],
    };
    expect(plan(quota, requestOf(['search_x']))).to.deep.equal([
      'tenant=1',
      'user:u=1',
      'backend:jira=1',
      'rule:search:u=1',
      'rule:all-search=1',
    ]);
    expect(plan(quota, requestOf(['x'], [], 'github'))).to.deep.equal(['tenant=1', 'user:u=1']);
    expect(planAsks(quotaSchema.parse(quota), requestOf(['get_x'])).map(({ name }) => name)).to.deep.equal([
      'tenant',
      'user',
      'backend jira',
      'rule other',
    ]);
  });

  it('asks nothing of a backend whose name is a property of every object', () => {
    expect(plan({ ...hourly(1), backends: {} }, requestOf(['x'], [], 'constructor'))).to.deep.equal(['tenant=1']);
  });

  it('adds up the costs of the messages of a batch', () => {
    const quota = {
      ...hourly(1000),
      rules: [{ name: 'costly', tools: ['big_*'], ...hourly(10) }],
      costs: [
        { tools: ['big_one'], backends: ['wiki'], cost: 100 },
        { tools: ['big_*'], cost: 5 },
        { tools: ['free_*'], cost: 0 },
        { methods: ['resources/*'], cost: 2 },
      ],
    };
    expect(plan(quota, requestOf(['big_one', 'x', 'free_x', 'big_two'], ['resources/list', 'ping']))).to.deep.equal([
      'tenant=13',
      'rule:costly=10',
    ]);
    expect(plan(quota, requestOf(['big_one'], [], 'wiki'))).to.deep.equal(['tenant=100', 'rule:costly=100']);
  });

  it('asks nothing for free methods, of which server/discover is always one', () => {
    expect(plan(hourly(1), requestOf([], ['ping', 'notifications/initialized', 'server/discover']))).to.deep.equal([]);
    const paid = { ...hourly(1), free: [], costs: [{ methods: ['*'], cost: 7 }] };
    expect(plan(paid, requestOf([], ['server/discover']))).to.deep.equal([]);
    expect(plan(paid, requestOf([], ['ping']))).to.deep.equal(['tenant=7']);
    // A GET or a DELETE has no message.
    expect(plan(hourly(1), requestOf([]))).to.deep.equal([]);
  });

  it('applies rules only to their backends and methods', () => {
    const quota = { rules: [{ name: 'r', backends: ['jira'], methods: ['tools/*'], ...hourly(1) }] };
    expect(plan(quota, requestOf(['x']))).to.deep.equal(['rule:r=1']);
    expect(plan(quota, requestOf([], ['tools/list']))).to.deep.equal(['rule:r=1']);
    expect(plan(quota, requestOf(['x'], [], 'wiki'))).to.deep.equal([]);
    expect(plan(quota, requestOf([], ['prompts/list']))).to.deep.equal([]);
  });
});
