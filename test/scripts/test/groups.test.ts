import { expect } from 'chai';
import { groupOf, jobsFor } from '../../../scripts/test/groups.ts';
import { readSources } from '../../architecture/sources.ts';

describe('groups of test files', () => {
  const sources = new Map(readSources().map((source) => [source.path, source]));
  const tests = [...sources.keys()].filter((path) => /^test\/.*\.test\.ts$/.test(path));

  /** A file and everything it loads. */
  function closure(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const next of sources.get(path)?.runtimeImports ?? []) closure(next, seen);
    return seen;
  }
  const outside = (path: string, file: string) => !path.startsWith('test/scripts/') && closure(path).has(file);

  it('has each file that needs the control plane or Helm among those on a cluster', () => {
    const need = tests.filter((path) => outside(path, 'scripts/go-tools/find.ts'));
    expect(need.length).to.be.above(20);
    expect(need.filter((path) => groupOf(path) !== 'cluster')).to.deep.equal([]);
  });

  it('has no file among the unit tests that starts a gateway', () => {
    const starts = (path: string) =>
      [...closure(path)].some((file) => /\bstartGateway\(\{/.test(sources.get(file)?.text ?? ''));
    expect(tests.filter(starts).length).to.be.above(20);
    expect(tests.filter((path) => starts(path) && groupOf(path) === 'unit')).to.deep.equal([]);
  });
});

describe('runs of mocha', () => {
  const costs: Record<string, number> = {
    'test/e2e/a.test.ts': 1,
    'test/e2e/b.test.ts': 5,
    'test/cluster/c.test.ts': 3,
  };
  const files = [
    'test/cluster/c.test.ts',
    'test/e2e/a.test.ts',
    'test/core/x.test.ts',
    'test/e2e/b.test.ts',
    'test/core/y.test.ts',
  ];

  it('are one for unit tests, then one for each file or cluster, the longest first', () => {
    expect(jobsFor(files, (file) => costs[file] ?? 9)).to.deep.equal([
      { name: 'unit tests', group: 'unit', files: ['test/core/x.test.ts', 'test/core/y.test.ts'] },
      { name: 'test/e2e/b.test.ts', group: 'gateway', files: ['test/e2e/b.test.ts'] },
      { name: 'cluster tests', group: 'cluster', files: ['test/cluster/c.test.ts'] },
      { name: 'test/e2e/a.test.ts', group: 'gateway', files: ['test/e2e/a.test.ts'] },
    ]);
  });

  it('are none for a group without files', () => {
    expect(jobsFor(['test/core/x.test.ts'], () => 1).map(({ name }) => name)).to.deep.equal(['unit tests']);
  });
});
