import { expect } from 'chai';
import { changedKeys, changeSpec, soundSpec } from '../../../control/backends/spec.ts';
import { rewriteSpec, specOf } from '../../../control/folder/files.ts';
import type { BackendSpec } from '../../../control/installation.ts';
import { UserError } from '../../../core/errors.ts';

describe('changing the spec of a backend', () => {
  const before: BackendSpec = {
    name: 'jira',
    image: 'jira:1',
    env: { A: '1', B: '2' },
    tenants: ['sales'],
    replicas: 2,
  };

  it('keeps what is not named, and variables one by one', () => {
    const after = changeSpec(before, { given: { image: 'jira:2', env: { B: '3', C: '4' } }, unset: [] });
    expect(after).to.deep.equal({ ...before, image: 'jira:2', env: { A: '1', B: '3', C: '4' } });
    expect(changedKeys(before, after)).to.deep.equal(['env', 'image']);
  });

  it('lets another way to run it take the place of the one before', () => {
    expect(changeSpec(before, { given: { url: 'http://a/mcp' }, unset: [] }))
      .to.include.keys('url')
      .and.not.include.keys('image');
  });

  it('takes keys and single variables away, but not the name', () => {
    const after = changeSpec(before, { given: { name: 'other' }, unset: ['replicas', 'env.A', 'nothing', 'name'] });
    expect(after).to.deep.equal({ name: 'jira', image: 'jira:1', env: { B: '2' }, tenants: ['sales'] });
  });

  it('tells all problems at once', () => {
    const unsound = { name: 'healthz', url: 'ftp://x', replicas: -1, colour: 'red', healthCheck: { interval: 5 } };
    try {
      soundSpec(unsound, 'folder');
      expect.fail('it was taken');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const part of [
        'name: is reserved',
        'url: must be',
        'replicas: ',
        'colour: unknown key',
        'healthCheck.interval: ',
      ]) {
        expect(error.hint).to.include(part);
      }
    }
  });
});

describe('changing a backend file', () => {
  const text = `# Our tickets.
name: jira   # as people call it
url: http://127.0.0.1:1/mcp
env: {A: '1'}  # not used

# Who may.
tenants:
  - sales   # those who sell
  - support
healthCheck:
  # It has no /healthz.
  type: tcp
  interval: 2s
`;
  const apply = (change: Parameters<typeof changeSpec>[1]) => {
    const before = specOf(text);
    if (before === undefined) throw new Error('no spec');
    const after = changeSpec(before, change);
    const changed = rewriteSpec(text, before, after);
    expect(specOf(changed)).to.deep.equal(after);
    return changed;
  };

  it('changes a value and leaves every other byte', () => {
    const changed = apply({ given: { url: 'http://127.0.0.1:2/mcp' }, unset: [] });
    expect(changed).to.equal(text.replace(':1/mcp', ':2/mcp'));
  });

  it('keeps comments of other keys where lists and mappings change', () => {
    const given = { tenants: ['engineering'], healthCheck: { type: 'http', path: '/up' }, replicas: 3 };
    const changed = apply({ given, unset: ['env'] });
    for (const comment of ['# Our tickets.', '# as people call it', '# Who may.']) expect(changed).to.include(comment);
    expect(changed).to.include('# It has no /healthz.').and.not.include('env');
  });
});
