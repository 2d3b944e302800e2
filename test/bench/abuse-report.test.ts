import { expect } from 'chai';
import { findFloods, loadFlood } from '../../bench/abuse/find.ts';
import type { Got } from '../../bench/abuse/good-caller.ts';
import type { Outcome } from '../../bench/abuse/measure.ts';
import { parseAbuseOptions } from '../../bench/abuse/options.ts';
import { endedSince } from '../../bench/abuse/processes.ts';
import { faultsOf, renderAbuse, shareOf } from '../../bench/abuse/report.ts';
import { UserError } from '../../core/errors.ts';

const got = (answered: number, more: Partial<Got> = {}): Got => ({
  ...{ seconds: 2, answered, worstMs: 10, others: {} },
  ...more,
});
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  ...{ name: 'slow', what: 'slow requests', before: got(200), during: got(150), flood: { 401: 7 } },
  ...{ peaks: new Map([['envoy', 70.4]]), cpu: new Map([['envoy', 33]]), ended: [] },
  ...more,
});

describe('the report of npm run abuse', () => {
  it('compares rates, and accepts half of the throughput', () => {
    expect(shareOf(outcome({ during: got(400, { seconds: 4 }) }))).to.equal(1);
    expect(faultsOf(outcome({ during: got(100) }))).to.deep.equal([]);
    expect(faultsOf(outcome({ during: got(99) }))).to.deep.equal(['throughput']);
  });

  it('names errors and processes that ended', () => {
    expect(faultsOf(outcome({ during: got(200, { others: { 503: 1 } }) }))).to.deep.equal(['errors']);
    expect(faultsOf(outcome({ during: got(200, { others: { none: 1 } }) }))).to.deep.equal(['errors']);
    expect(faultsOf(outcome({ during: got(200, { others: { 429: 1 } }) }))).to.deep.equal([]);
    expect(faultsOf(outcome({ ended: ['envoy'] }))).to.deep.equal(['envoy ended']);
  });

  it('has a row for each flood in each table', () => {
    const text = renderAbuse([outcome(), outcome({ name: 'fast', ended: ['envoy'] })], 2, ['Measured somewhere.']);
    const rows = (name: string) =>
      text
        .split('\n')
        .filter((line) => new RegExp(`^\\| ${name}\\b`).test(line))
        .map((line) => line.replace(/ +/g, ' '));
    expect(rows('slow')).to.deep.equal([
      '| slow | 100 | 75 | 0.75 | 10 | 10 | – | yes |',
      '| slow | slow requests | 401: 7 |',
      '| slow | 70 |',
      '| slow | 33 |',
    ]);
    expect(rows('fast')[0]).to.include('no: envoy ended');
  });
});

describe('the floods of npm run abuse', () => {
  it('have a description each', async () => {
    const names = findFloods();
    expect(names).to.have.length.greaterThan(15);
    for (const name of names)
      expect((await loadFlood(name)).what, name)
        .to.be.a('string')
        .and.not.equal('');
  });

  it('can be chosen, in the order of their names', () => {
    const known = ['a', 'b', 'c'];
    expect(parseAbuseOptions(['c', 'a', '--seconds', '3'], known)).to.deep.include({ floods: ['a', 'c'], seconds: 3 });
    expect(parseAbuseOptions([], known).floods).to.deep.equal(known);
    for (const wrong of [['d'], ['--seconds', '0'], ['--colour']])
      expect(() => parseAbuseOptions(wrong, known))
        .to.throw(UserError)
        .with.property('code', 'usage');
  });

  it('count a process that runs again under another id as one that ended', () => {
    const before = new Map([
      ['envoy', 1],
      ['watcher', 2],
      ['up', 3],
    ]);
    expect(
      endedSince(
        before,
        new Map([
          ['envoy', 1],
          ['watcher', 4],
        ]),
      ),
    ).to.deep.equal(['watcher', 'up']);
  });
});
