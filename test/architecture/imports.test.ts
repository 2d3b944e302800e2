import { expect } from 'chai';
import { areaOf, findCycle, readSources, specifiersOf, withoutComments } from './sources.ts';

/** From which folders each folder may import, besides its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protos: [],
  runtime: ['core', 'protos'],
  'ext-authz': ['core', 'protos', 'runtime'],
  'ext-proc': ['core', 'protos', 'runtime'],
  envoy: ['core', 'protos', 'runtime'],
  k8s: ['core', 'protos', 'runtime'],
  bridge: ['core', 'protos', 'runtime'],
  cli: ['core', 'protos', 'runtime', 'ext-authz', 'ext-proc', 'envoy', 'k8s', 'bridge'],
  scripts: ['core', 'protos', 'runtime', 'ext-authz', 'ext-proc', 'envoy', 'k8s', 'bridge', 'cli'],
};

/** Folders that may import from everywhere, and that only they themselves may import from. */
const OUTSIDE = ['test', 'bench'];

const MAY_READ_ENVIRONMENT = ['cli', 'runtime', 'scripts', ...OUTSIDE];
const MOST_LINES = 300;

describe('architecture', () => {
  const sources = readSources();
  const product = sources.filter(({ path }) => !OUTSIDE.includes(areaOf(path)));

  it('is looked at as a whole', () => {
    const areas = new Set(sources.map(({ path }) => areaOf(path)));
    expect([...areas]).to.include.members([
      'core',
      'protos',
      'runtime',
      'ext-authz',
      'ext-proc',
      'envoy',
      'cli',
      'test',
    ]);
    expect(sources.find(({ path }) => path === 'ext-authz/service.ts')?.imports).to.include.members([
      'core/errors.ts',
      'runtime/log.ts',
      'ext-authz/check/check.ts',
    ]);
  });

  it('imports one way only', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const from = areaOf(path);
      if (OUTSIDE.includes(from)) return [];
      const allowed = MAY_IMPORT[from] ?? [];
      return imports
        .filter((to) => areaOf(to) !== from && !allowed.includes(areaOf(to)))
        .map((to) => `${path} -> ${to}`);
    });
    // The manifest is read for the version, and dist/ is the same code, built.
    expect(wrong.filter((line) => !/ -> (?:package\.json|dist\/.*)$/.test(line))).to.deep.equal([]);
  });

  it('starts the development issuer from `up` alone', () => {
    const issuer = 'cli/development-issuer/issuer.ts';
    expect(product.filter(({ imports }) => imports.includes(issuer)).map(({ path }) => path)).to.deep.equal([
      'cli/up/gateway.ts',
    ]);
    const users = sources.filter(({ imports }) => imports.includes('cli/up/gateway.ts')).map(({ path }) => path);
    expect(users).to.deep.equal(['cli/commands/up.ts']);
  });

  it('has no cycle of imports', () => {
    expect(findCycle(new Map(product.map(({ path, runtimeImports }) => [path, runtimeImports])))).to.equal(undefined);
    const written = product.filter(({ path }) => !path.startsWith('protos/gen/'));
    expect(findCycle(new Map(written.map(({ path, imports }) => [path, imports])))).to.equal(undefined);
  });

  it('reads the environment only where processes are made', () => {
    const readers = sources
      .filter(({ path }) => !MAY_READ_ENVIRONMENT.includes(areaOf(path)))
      .filter(({ text }) => /process\s*\.\s*env\b|process\[/.test(withoutComments(text)))
      .map(({ path }) => path);
    expect(readers).to.deep.equal([]);
  });

  it(`has no file above ${MOST_LINES} lines`, () => {
    const long = product
      .filter(({ path }) => !path.startsWith('protos/gen/'))
      .filter(({ text }) => text.split('\n').length > MOST_LINES)
      .map(({ path }) => path);
    expect(long).to.deep.equal([]);
  });

  describe('is read rightly:', () => {
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
