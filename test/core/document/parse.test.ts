import { expect } from 'chai';
import { z } from 'zod';
import { formatPath, parseValue, parseYaml } from '../../../core/document/parse.ts';
import { formatProblem, type Problem } from '../../../core/document/problems.ts';

const schema = z.strictObject({
  name: z.string(),
  count: z.number().default(1),
  list: z.array(z.strictObject({ key: z.string() })).default([]),
  either: z
    .union([z.literal('auto'), z.strictObject({ url: z.string(), deep: z.strictObject({ n: z.number() }) })])
    .optional(),
});

function problemsOf(text: string): string[] {
  const parsed = parseYaml(text, 'file.yaml', schema);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('core/document/parse', () => {
  it('returns the value with its defaults', () => {
    expect(parseYaml('name: a\nlist: [{key: b}]', 'file.yaml', schema)).to.deep.equal({
      ok: true,
      value: { name: 'a', count: 1, list: [{ key: 'b' }] },
    });
  });

  it('reports every problem, with path and line', () => {
    const text = ['count: many', 'list:', '  - key: a', '  - key: 5', '    kex: b', 'nmae: c'].join('\n');
    expect(problemsOf(text)).to.deep.equal([
      'file.yaml: name: is required',
      'file.yaml:1: count: must be a number (got "many")',
      'file.yaml:4: list[1].key: must be a string (got 5)',
      'file.yaml:5: list[1].kex: unknown key',
      'file.yaml:6: nmae: unknown key',
    ]);
  });

  it('reports the problems of the branch of a union that matched furthest', () => {
    expect(problemsOf('name: a\neither:\n  url: x\n  deep:\n    n: no')).to.deep.equal([
      'file.yaml:5: either.deep.n: must be a number (got "no")',
    ]);
  });

  it('rejects duplicate keys', () => {
    expect(problemsOf('name: a\nname: b')).to.deep.equal(['file.yaml:2: not valid YAML: Map keys must be unique']);
  });

  it('rejects several documents', () => {
    const [problem] = problemsOf('name: a\n---\nname: b');
    expect(problem).to.match(/^file\.yaml:\d: not valid YAML: Source contains multiple documents/);
  });

  it('rejects text that is not YAML, with the line', () => {
    const [problem] = problemsOf('name: a\nlist: [{key: b}');
    expect(problem).to.match(/^file\.yaml:2: not valid YAML: /);
  });

  it('rejects alias bombs without expanding them, and unresolved aliases', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x]',
      'b: &b [*a, *a, *a, *a, *a, *a, *a, *a]',
      'c: [*b, *b, *b, *b, *b, *b, *b, *b]',
    ];
    expect(problemsOf(bomb.join('\n')).join()).to.match(/Excessive alias count/);
    expect(problemsOf('name: *nothing').join()).to.match(/alias/i);
  });

  it('accepts a few aliases', () => {
    expect(problemsOf('name: &n a\nlist: [{key: *n}, {key: *n}]')).to.deep.equal([]);
  });

  it('rejects documents that are not a mapping', () => {
    for (const text of ['', '# nothing', 'text', '[1, 2]', '5', 'null']) {
      const parsed = parseYaml(text, 'file.yaml', schema);
      expect(parsed.ok, JSON.stringify(text)).to.equal(false);
      if (!parsed.ok) expect(parsed.problems.map(({ path }) => path)).to.deep.equal(['']);
    }
  });

  it('does not confuse keys with properties that every object has', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const parsed = parseYaml(`name: a\n${key}: {count: 3}`, 'file.yaml', schema);
      expect(parsed.ok, key).to.equal(false);
    }
    expect(Object.hasOwn(Object.prototype, 'count')).to.equal(false);
  });

  it('shows only the beginning of long values and keys, and no value in place of a reference to a secret', () => {
    const strict = z.strictObject({ upstreamAuth: z.strictObject({ secret: z.strictObject({}) }), n: z.literal('a') });
    const long = 'x'.repeat(100_000);
    const parsed = parseValue({ upstreamAuth: { secret: 'hunter2' }, n: long, [long]: 1 }, 'a', strict);
    const problems = parsed.ok ? [] : parsed.problems.map(formatProblem);
    expect(problems).to.have.length(3);
    expect(problems.join()).to.not.include('hunter2');
    expect(problems.join().length).to.be.below(1_000);
  });

  it('does not show the user and password of a URL', () => {
    const parsed = parseValue({ url: 'https://ann:hunter2@a.example/x' }, 'a', z.object({ url: z.literal('b') }));
    const [problem] = parsed.ok ? [] : parsed.problems;
    expect(problem?.message).to.match(/\(got "https:\/\/\*\*\*@a\.example\/x"\)$/);
  });

  it('formats paths', () => {
    expect(formatPath([])).to.equal('');
    expect(formatPath(['env', 2, 'name'])).to.equal('env[2].name');
    expect(formatPath([0, 'a'])).to.equal('[0].a');
  });

  it('formats problems as file:line: path: message', () => {
    const problem: Problem = { source: 'a.yaml', path: '', message: 'is wrong' };
    expect(formatProblem(problem)).to.equal('a.yaml: is wrong');
    expect(formatProblem({ ...problem, line: 3, path: 'b.c' })).to.equal('a.yaml:3: b.c: is wrong');
  });
});
