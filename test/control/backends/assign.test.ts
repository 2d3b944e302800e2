import { expect } from 'chai';
import { planAssignment } from '../../../control/backends/assign.ts';
import { tenantsIn } from '../../../control/tenants/document.ts';
import { nameBackend, usableBy } from '../../../control/tenants/tenants.ts';
import { UserError } from '../../../core/errors.ts';

const TEXT = `# Who may use what.
tenants:
  - name: engineering   # us
    match: [{claim: tenant, value: engineering}]
  - name: sales
    match: [{claim: tenant, value: sales}]
    backends: [jira]   # no more
  - name: support
    match: [{claim: tenant, value: support}]
    backends:
      - wiki  # for answers
other: 1
`.replace('other: 1\n', '');
const tenants = tenantsIn(TEXT, 'tenants.yaml');

describe('assigning a backend to tenants', () => {
  const plan = (mode: 'set' | 'add' | 'remove', names: string[], list?: string[]) =>
    planAssignment({ name: 'jira', tenants: names, mode }, list, tenants);

  it('sets exactly the given tenants', () => {
    expect(plan('set', ['support', 'support'])).to.deep.include({ list: ['support'], name: ['support', 'support'] });
    expect(plan('set', [], ['sales']).list).to.deep.equal([]);
  });

  it('adds to a list, and creates none', () => {
    expect(plan('add', ['support'], ['sales'])).to.deep.equal({ list: ['sales', 'support'], name: ['support'] });
    expect(plan('add', ['support'])).to.deep.equal({ list: undefined, name: ['support'] });
  });

  it('removes tenants from those that may use it', () => {
    expect(plan('remove', ['sales'])).to.deep.equal({ list: ['engineering'], name: [] });
    expect(plan('remove', ['sales'], ['sales', 'support'])).to.deep.equal({ list: ['support'], name: [] });
  });

  it('updates the own lists of the tenants, and keeps every other byte', () => {
    const edited = nameBackend(TEXT, 'tenants.yaml', 'jira', ['engineering', 'sales', 'support']);
    expect(edited).to.equal(TEXT.replace('- wiki  # for answers', '- wiki  # for answers\n      - jira'));
    expect(usableBy('jira', undefined, tenantsIn(edited, ''))).to.deep.equal(['engineering', 'sales', 'support']);
    expect(nameBackend(TEXT, '', 'new', ['sales'])).to.equal(TEXT.replace('[jira]', '[jira, new]'));
  });

  it('rejects unknown tenants, and documents in which other tenants would change', () => {
    expect(() => nameBackend(TEXT, 'tenants.yaml', 'jira', ['nobody']))
      .to.throw(UserError, '"nobody"')
      .with.property('code', 'usage');
    const shared = `tenants:
  - {name: a, match: [{claim: t, value: a}], backends: &list [wiki]}
  - {name: b, match: [{claim: t, value: b}], backends: *list}
`;
    expect(() => nameBackend(shared, 'tenants.yaml', 'jira', ['a']))
      .to.throw(UserError, 'tenants.yaml')
      .with.property('code', 'config');
  });
});
