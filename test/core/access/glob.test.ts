import { expect } from 'chai';
import fc from 'fast-check';
import { matchesGlob } from '../../../core/access/glob.ts';

describe('core/access/glob', () => {
  for (const [pattern, matching, others] of [
    ['get_issue', ['get_issue'], ['get_issues', 'Get_issue', 'xget_issue', '']],
    ['*', ['', 'a', 'a/b\nc'], []],
    ['get_*', ['get_', 'get_x'], ['get', 'forget_x']],
    ['*_all', ['_all', 'drop_all', '_all_all'], ['_al', 'drop_all_']],
    ['a*b*c', ['abc', 'axbxbxc', 'abcbc'], ['acb', 'ab', 'abca']],
    ['a?c', ['abc', 'a?c'], ['ac', 'abbc']],
    ['**', ['', 'x'], []],
    ['a.c', ['a.c'], ['abc']],
    ['[ab]', ['[ab]'], ['a']],
    ['file:///docs/*', ['file:///docs/', 'file:///docs/a/b'], ['file:///doc', 'FILE:///docs/a']],
  ] as const) {
    it(`${pattern} matches what it should and nothing else`, () => {
      for (const text of matching) expect(matchesGlob(pattern, text), text).to.equal(true);
      for (const text of others) expect(matchesGlob(pattern, text), text).to.equal(false);
    });
  }

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(letters, text, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        return matchesGlob(pattern, name) === expression.test(name);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is fast for a pattern on which a regular expression would take years', () => {
    expect(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(2_000))).to.equal(false);
  });

  it('is fast for many patterns that match a long name almost', () => {
    const name = 'a'.repeat(2_000);
    const part = 'a'.repeat(100);
    for (let count = 0; count < 20_000; count += 1) {
      for (const pattern of [`*${part}b`, `*${part}b*`, `*a*b*${count}`])
        expect(matchesGlob(pattern, name)).to.equal(false);
    }
  });
});
