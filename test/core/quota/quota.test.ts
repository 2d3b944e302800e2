import { expect } from 'chai';
import { MAX_BURST, PERIODS_MS } from '../../../core/quota/bucket.ts';
import { FREE_METHODS, quotaSchema } from '../../../core/quota/quota.ts';

/** Paths of the problems of a quota. */
function problems(quota: unknown): string[] {
  const { error } = quotaSchema.safeParse(quota);
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('core/quota/quota', () => {
  it('has defaults', () => {
    expect(quotaSchema.parse({ requests: 1000, per: 'hour' })).to.deep.include({
      tenant: { requests: 1000, periodMs: PERIODS_MS.hour, burst: 1000 },
      user: undefined,
      backends: {},
      rules: [],
      costs: [],
      free: FREE_METHODS,
      dryRun: false,
    });
    expect(quotaSchema.parse({}).tenant).to.equal(undefined);
  });

  it('accepts limits of every kind', () => {
    const quota = quotaSchema.parse({
      users: { requests: 5, per: 'second', burst: 20 },
      backends: { jira: { requests: 1, per: 'day' } },
      rules: [{ name: 'r', tools: ['x_*'], each: 'user', requests: 2, per: 'minute' }],
    });
    expect(quota.user).to.deep.equal({ requests: 5, periodMs: 1_000, burst: 20 });
    expect(quota.backends).to.deep.equal({ jira: { requests: 1, periodMs: PERIODS_MS.day, burst: 1 } });
    expect(quota.rules).to.deep.equal([
      {
        ...{ name: 'r', backends: undefined, tools: ['x_*'], methods: undefined, each: 'user' },
        limit: { requests: 2, periodMs: PERIODS_MS.minute, burst: 2 },
      },
    ]);
  });

  it('rejects invalid quotas', () => {
    const wrong: [quota: unknown, path: string][] = [
      [{ requests: 0, per: 'hour' }, 'requests'],
      [{ requests: 1.5, per: 'hour' }, 'requests'],
      [{ requests: MAX_BURST + 1, per: 'hour' }, 'requests'],
      [{ requests: 1, per: 'week' }, 'per'],
      [{ requests: 1, per: 'hour', burst: 0 }, 'burst'],
      [{ requests: 1 }, 'per'],
      [{ per: 'hour' }, 'requests'],
      [{ burst: 5 }, 'requests'],
      [{ users: { requests: 1 } }, 'users.per'],
      [{ backends: { Jira: { requests: 1, per: 'day' } } }, 'backends.Jira'],
      [{ rules: [{ name: 'r', requests: 1, per: 'day' }] }, 'rules.0'],
      [{ rules: [{ name: 'R:x', tools: ['x'], requests: 1, per: 'day' }] }, 'rules.0.name'],
      [{ costs: [{ cost: 1 }] }, 'costs.0'],
      [{ costs: [{ tools: ['x'], cost: -1 }] }, 'costs.0.cost'],
      [{ speed: 'fast' }, ''],
    ];
    for (const [quota, path] of wrong) {
      expect(problems(quota), JSON.stringify(quota)).to.include(path);
    }
    const twice = { name: 'r', tools: ['x'], requests: 1, per: 'day' };
    expect(problems({ rules: [twice, twice] })).to.deep.equal(['rules.1.name']);
  });
});
