import { expect } from 'chai';
import { parseChanges } from '../../../control/tenants/quota-changes.ts';
import { UserError } from '../../../core/errors.ts';

describe('control/tenants/quota-changes', () => {
  it('understands every key', () => {
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

  const REFUSED: Record<string, RegExp> = {
    '': /at least one KEY=VALUE/,
    requests: /"requests" is not of the form/,
    '=5': /not of the form/,
    'requests=0': /requests must be a whole number from 1 to 100000000 \(got "0"\)/,
    'requests=-1': /got "-1"/,
    'requests=1.5': /got "1.5"/,
    'requests=1e3': /got "1e3"/,
    'requests=': /got ""/,
    'requests=100000001': /got "100000001"/,
    'requests=none': /got "none"/,
    'burst=0': /burst must be/,
    'maxConcurrent=0': /maxConcurrent must be a whole number from 1 to 1000000 /,
    'per=fortnight': /per must be second, minute, hour or day/,
    'per=toString': /per must be/,
    'dryRun=yes': /dryRun must be true or false/,
    'users=5': /users can only be set to none/,
    'backends.jira=5': /backends.jira can only be set to none/,
    'rules.a=none': /no key "rules.a"/,
    'users.cost=5': /no key "users.cost"/,
    'backends.jira.requests.x=5': /no key/,
    'backends..requests=5': /no key "backends..requests"/,
    'backends=none': /no key "backends"/,
    'colour=red': /no key "colour"/,
    'name=other': /no key "name"/,
    'burst=5 burst=6': /burst is set twice/,
  };

  for (const [text, message] of Object.entries(REFUSED)) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseChanges(text))
        .to.throw(UserError, message)
        .with.property('exitCode', 64);
    });
  }
});
