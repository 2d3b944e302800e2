import { expect } from 'chai';
import { changedKeys, changeSpec, validBackend } from '../../../control/backends/spec.ts';
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

  it('keeps all other keys, and changes variables one by one', () => {
    const after = changeSpec(before, { given: { image: 'jira:2', env: { B: '3', C: '4' } }, unset: [] });
    expect(after).to.deep.equal({ ...before, image: 'jira:2', env: { A: '1', B: '3', C: '4' } });
    expect(changedKeys(before, after)).to.deep.equal(['env', 'image']);
  });

  it('replaces the former way to run it', () => {
    expect(changeSpec(before, { given: { url: 'http://a/mcp' }, unset: [] }))
      .to.include.keys('url')
      .and.not.include.keys('image');
  });

  it('removes keys and single variables, but not the name', () => {
    const after = changeSpec(before, { given: { name: 'other' }, unset: ['replicas', 'env.A', 'nothing', 'name'] });
    expect(after).to.deep.equal({ name: 'jira', image: 'jira:1', env: { B: '2' }, tenants: ['sales'] });
  });

  it('lists all problems', () => {
    const unsound = { name: 'healthz', url: 'ftp://x', replicas: -1, colour: 'red', healthCheck: { interval: 5 } };
    try {
      validBackend(unsound, 'folder');
      expect.fail('it was accepted');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      expect(error.code).to.equal('config');
      for (const path of ['name', 'url', 'replicas', 'colour', 'healthCheck.interval']) {
        expect(error.hint).to.include(`${path}: `);
      }
    }
  });
});

describe('changing a backend file', () => {
  const text = `# Our tickets.
name: jira   # as people call it
url: http://127.0.0.1:1/mcp
env: {A: '1'}  # not used

# Allowed.
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

  it('changes a value and keeps every other byte', () => {
    const changed = apply({ given: { url: 'http://127.0.0.1:2/mcp' }, unset: [] });
    expect(changed).to.equal(text.replace(':1/mcp', ':2/mcp'));
  });

  it('keeps comments of other keys if lists and mappings change', () => {
    const given = { tenants: ['engineering'], healthCheck: { type: 'http', path: '/up' }, replicas: 3 };
    const changed = apply({ given, unset: ['env'] });
    for (const comment of ['# Our tickets.', '# as people call it', '# Allowed.']) expect(changed).to.include(comment);
    expect(changed).to.include('# It has no /healthz.').and.not.include('env');
  });
});
