import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { INNER_ROOMS, LARGE_ROOM_LINES, OUTSIDE, READS_ENVIRONMENT, ROOMS } from './rows.ts';
import {
  codeFolders,
  findCycle,
  innerRoomOf,
  readSources,
  roomOf,
  type Source,
  specifiersOf,
  withoutComments,
} from './sources.ts';

const MOST_LINES = 300;

/** Every usual way to read the environment: as a member, by destructuring, and by an import of the module. */
const READS_ENV =
  /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*(?:\?\.)?\[|\benv\b[^{};]*\}\s*=\s*process\b|\bfrom\s+['"](?:node:)?process['"]/;

/** Every import of a room that the importing room's row does not name, as `from -> to`. */
function wrongImports(sources: readonly Source[], room: (path: string) => string, rows: typeof ROOMS): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter((to) => room(to) !== room(path) && !rows[room(path)]?.includes(room(to)))
      .map((to) => `${path} -> ${to}`),
  );
}

const linesOf = ({ text }: Source) => text.split('\n').length;

describe('architecture', () => {
  const sources = readSources();
  const product = sources.filter(({ path }) => !OUTSIDE.includes(roomOf(path)));
  const written = product.filter(({ path }) => !path.startsWith('protos/gen/'));
  const inside = (room: string) => written.filter(({ path }) => roomOf(path) === room);

  for (const [room, rows] of [['the project', ROOMS] as const, ...Object.entries(INNER_ROOMS)]) {
    it(`has no cycle in the rows of ${room}`, () => {
      expect(findCycle(new Map(Object.entries(rows)))).to.equal(undefined);
    });
  }

  it('has a row for every folder with code, and no other row', () => {
    expect(codeFolders().sort()).to.deep.equal([...Object.keys(ROOMS), ...OUTSIDE].sort());
  });

  it('is type-checked as a whole', () => {
    const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8'));
    expect([...include].sort()).to.deep.equal(codeFolders().sort());
  });

  it('sees the imports of a file', () => {
    expect(sources.find(({ path }) => path === 'ext-authz/service.ts')?.imports).to.include.members([
      'core/errors.ts',
      'runtime/log.ts',
      'ext-authz/check/check.ts',
    ]);
  });

  it('imports one way only', () => {
    // package.json is read for the version, and dist/ is the same code, compiled.
    const elsewhere = / -> (?:package\.json|dist\/.*)$/;
    expect(wrongImports(product, roomOf, ROOMS).filter((line) => !elsewhere.test(line))).to.deep.equal([]);
  });

  it('has rows for the second level of every large room', () => {
    const large = Object.keys(ROOMS).filter((room) => {
      const lines = inside(room).reduce((sum, source) => sum + linesOf(source), 0);
      return lines > LARGE_ROOM_LINES && room !== 'protos';
    });
    expect(Object.keys(INNER_ROOMS)).to.include.members(large);
  });

  for (const [room, rows] of Object.entries(INNER_ROOMS)) {
    it(`imports one way only in ${room}`, () => {
      const files = inside(room).map((source) => ({
        ...source,
        imports: source.imports.filter((to) => roomOf(to) === room),
      }));
      expect([...new Set(files.map(({ path }) => innerRoomOf(path)))].sort()).to.deep.equal(Object.keys(rows).sort());
      expect(wrongImports(files, innerRoomOf, rows)).to.deep.equal([]);
    });
  }

  it('starts the development issuer only in `up`', () => {
    const issuer = 'local/issuer/issuer.ts';
    expect(product.filter(({ imports }) => imports.includes(issuer)).map(({ path }) => path)).to.deep.equal([
      'local/gateway.ts',
    ]);
    const users = sources.filter(({ imports }) => imports.includes('local/gateway.ts')).map(({ path }) => path);
    expect(users).to.deep.equal(['cli/commands/up.ts']);
  });

  it('has no cycle of imports', () => {
    expect(findCycle(new Map(product.map(({ path, runtimeImports }) => [path, runtimeImports])))).to.equal(undefined);
    expect(findCycle(new Map(written.map(({ path, imports }) => [path, imports])))).to.equal(undefined);
  });

  it('reads the environment only in rooms that may', () => {
    const readers = sources
      .filter(({ path }) => !READS_ENVIRONMENT.includes(roomOf(path)))
      .filter(({ text }) => READS_ENV.test(withoutComments(text)))
      .map(({ path }) => path);
    expect(readers).to.deep.equal([]);
  });

  it(`has no file above ${MOST_LINES} lines`, () => {
    const long = written.filter((source) => linesOf(source) > MOST_LINES).map(({ path }) => path);
    expect(long).to.deep.equal([]);
  });

  describe('reading of sources finds', () => {
    it('imports of every form', () => {
      const text = [
        "import a from './a.ts';",
        "import { b,\n  c as d } from './b.ts';",
        "import * as e from './e.ts';",
        "import './f.ts';",
        "import type { G } from './g.ts';",
        "import h, { type I } from './h.ts';",
        "export * from './j.ts';",
        "export type { K } from './k.ts';",
        "const l = await import('./l.ts');",
        "// import m from './m.ts';",
        "/* import n from './n.ts'; */",
        "const o = 'https://x'; import('./o.ts');",
        "const p = { import: 1 }; p.import('./p.ts');",
      ].join('\n');
      const found = specifiersOf(text);
      expect(found.map(({ from }) => from).sort()).to.deep.equal(
        ['a', 'b', 'e', 'f', 'g', 'h', 'j', 'k', 'l', 'o'].map((name) => `./${name}.ts`),
      );
      expect(found.filter(({ type }) => type).map(({ from }) => from)).to.deep.equal(['./g.ts', './k.ts']);
    });

    it('cycles of every length', () => {
      const graph = (edges: Record<string, string[]>) => findCycle(new Map(Object.entries(edges)));
      expect(graph({ a: ['b'], b: ['c'], c: [] })).to.equal(undefined);
      expect(graph({ a: ['b', 'c'], b: ['c'], c: [] })).to.equal(undefined);
      expect(graph({ a: ['a'] })).to.deep.equal(['a', 'a']);
      expect(graph({ a: ['b'], b: ['c'], c: ['b'] })).to.deep.equal(['b', 'c', 'b']);
    });
  });
});
