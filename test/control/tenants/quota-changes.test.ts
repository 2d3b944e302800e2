import { expect } from 'chai';
import { parseChanges, toChanges } from '../../../control/tenants/quota-changes.ts';
import { UserError } from '../../../core/errors.ts';

describe('control/tenants/quota-changes', () => {
  it('parses every key', () => {
    const text =
      'requests=2000 per=hour  burst=500\tusers.requests=1 backends.jira.per=day rules.search.burst=3 dryRun=true';
    expect(parseChanges(text).map(({ path, value }) => [path.join('/'), value])).to.deep.equal([
      ['requests', 2000],
      ['per', 'hour'],
      ['burst', 500],
      ['users/requests', 1],
      ['backends/jira/per', 'day'],
      ['rules/search/burst', 3],
      ['dryRun', true],
    ]);
    expect(
      parseChanges(
        'maxConcurrent=20 maxStreams=none burst=none users=none backends.a=none dryRun=false users.burst=none',
      ),
    ).to.deep.equal([
      { path: ['maxConcurrent'], value: 20 },
      { path: ['maxStreams'], value: undefined },
      { path: ['burst'], value: undefined },
      { path: ['users'], value: undefined },
      { path: ['backends', 'a'], value: undefined },
      { path: ['dryRun'], value: false },
      { path: ['users', 'burst'], value: undefined },
    ]);
  });

  /** What the message must name; the wording is in test/control/messages.test.ts. */
  const REJECTED: Record<string, string> = {
    '': 'KEY=VALUE',
    requests: '"requests"',
    '=5': '"=5"',
    'requests=0': '(got "0")',
    'requests=-1': '(got "-1")',
    'requests=1.5': '(got "1.5")',
    'requests=1e3': '(got "1e3")',
    'requests=': '(got "")',
    'requests=100000001': '(got "100000001")',
    'requests=none': '(got "none")',
    'burst=0': 'burst',
    'maxConcurrent=0': 'maxConcurrent',
    'maxConcurrent=1000001': 'maxConcurrent',
    'per=fortnight': 'per',
    'per=toString': 'per',
    'dryRun=yes': 'dryRun',
    'users=5': 'users',
    'backends.jira=5': 'backends.jira',
    'rules.a=none': '"rules.a"',
    'users.cost=5': '"users.cost"',
    'backends.jira.requests.x=5': '"backends.jira.requests.x"',
    'backends..requests=5': '"backends..requests"',
    'backends=none': '"backends"',
    'colour=red': '"colour"',
    'name=other': '"name"',
    'burst=5 burst=6': 'burst',
  };

  for (const [text, named] of Object.entries(REJECTED)) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      expect(() => parseChanges(text))
        .to.throw(UserError, named)
        .with.property('code', 'usage');
    });
  }

  it('combines values and words, and rejects a key that is in both', () => {
    expect(toChanges({ requests: 1, per: 'day', burst: 'none', set: 'users=none' })).to.deep.equal([
      { path: ['requests'], value: 1 },
      { path: ['per'], value: 'day' },
      { path: ['burst'], value: undefined },
      { path: ['users'], value: undefined },
    ]);
    expect(() => toChanges({ per: 'day', set: 'per=hour' }))
      .to.throw(UserError, 'per')
      .with.property('code', 'usage');
  });
});
