import { expect } from 'chai';
import { type Catalog, EMPTY_CATALOG, readCatalog } from '../../../core/registry/catalog.ts';

const backend = (name: string, program = 'server') => `name: ${name}\ncommand: [${program}]\n`;

function read(before: Catalog, files: Record<string, string>): Catalog {
  return readCatalog(before, new Map(Object.entries(files)));
}

/** Program of each backend, by name. */
function programs({ backends }: Catalog): Record<string, string | undefined> {
  return Object.fromEntries([...backends].map(([name, { command }]) => [name, command?.[0]]));
}

function problems({ problems: all }: Catalog): string[] {
  return all.map(({ source, path }) => `${source} ${path}`);
}

describe('core/registry/catalog', () => {
  it('has the valid backends and every problem', () => {
    const catalog = read(EMPTY_CATALOG, { 'a.yaml': backend('a'), 'b.yaml': 'name: b\nports: 1', 'c.yaml': '[' });
    expect(programs(catalog)).to.deep.equal({ a: 'server' });
    expect(problems(catalog)).to.include.members(['b.yaml ports']);
    expect(catalog.problems.some(({ source }) => source === 'c.yaml')).to.equal(true);
  });

  it('keeps the last valid backend of a file that is invalid now', () => {
    const first = read(EMPTY_CATALOG, { 'a.yaml': backend('a') });
    const second = read(first, { 'a.yaml': 'name: a\ncommand: wrong' });
    expect(second.backends.get('a')).to.equal(first.backends.get('a'));
    expect(problems(second)).to.deep.equal(['a.yaml command']);
    const third = read(second, { 'a.yaml': backend('a', 'new') });
    expect(programs(third)).to.deep.equal({ a: 'new' });
    expect(third.problems).to.deep.equal([]);
  });

  it('drops a file that is gone, even if it was invalid', () => {
    const first = read(EMPTY_CATALOG, { 'a.yaml': backend('a') });
    const second = read(first, { 'a.yaml': '[' });
    const third = read(second, {});
    expect(programs(third)).to.deep.equal({});
    expect(problems(third)).to.deep.equal([]);
    expect(programs(read(third, { 'a.yaml': '[' }))).to.deep.equal({});
  });

  it('keeps the object of a file that did not change', () => {
    const first = read(EMPTY_CATALOG, { 'a.yaml': backend('a') });
    const second = read(first, { 'a.yaml': backend('a'), 'b.yaml': backend('b') });
    expect(second.backends.get('a')).to.equal(first.backends.get('a'));
  });

  it('gives a name in two new files to the first by file name', () => {
    const catalog = read(EMPTY_CATALOG, { 'b.yaml': backend('x', 'b'), 'a.yaml': backend('x', 'a') });
    expect(programs(catalog)).to.deep.equal({ x: 'a' });
    expect(problems(catalog)).to.deep.equal(['b.yaml name']);
  });

  it('keeps a name with the file that had it before', () => {
    const first = read(EMPTY_CATALOG, { 'z.yaml': backend('x', 'z') });
    const second = read(first, { 'z.yaml': backend('x', 'z'), 'a.yaml': backend('x', 'a') });
    expect(programs(second)).to.deep.equal({ x: 'z' });
    expect(problems(second)).to.deep.equal(['a.yaml name']);
  });

  it('keeps it there if that file is edited or becomes invalid while the other file still has the name', () => {
    const first = read(EMPTY_CATALOG, { 'z.yaml': backend('x', 'z') });
    const second = read(first, { 'z.yaml': backend('x', 'z'), 'a.yaml': backend('x', 'a') });
    const edited = read(second, { 'z.yaml': backend('x', 'new'), 'a.yaml': backend('x', 'a') });
    expect(programs(edited)).to.deep.equal({ x: 'new' });
    const broken = read(edited, { 'z.yaml': '[', 'a.yaml': backend('x', 'a') });
    expect(programs(broken)).to.deep.equal({ x: 'new' });
  });

  it('gives the name to the other file once the first does not have it any more', () => {
    const both = read(read(EMPTY_CATALOG, { 'z.yaml': backend('x', 'z') }), {
      'z.yaml': backend('x', 'z'),
      'a.yaml': backend('x', 'a'),
    });
    expect(programs(read(both, { 'z.yaml': backend('y', 'z'), 'a.yaml': backend('x', 'a') }))).to.deep.equal({
      x: 'a',
      y: 'z',
    });
    expect(programs(read(both, { 'a.yaml': backend('x', 'a') }))).to.deep.equal({ x: 'a' });
  });
});
