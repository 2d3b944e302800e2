import { expect } from 'chai';
import { encodeRecord, type FileReport, RecordReader } from '../../../scripts/test/records.ts';
import { exitCodeOf, formatReport, formatResults, resultsOf, summaryLine } from '../../../scripts/test/results.ts';

const record = { file: 'test/a.test.ts', passed: 2, failed: 1, skipped: 3, durationMs: 1234 };

describe('records between the output of tests', () => {
  function read(chunks: Iterable<string>) {
    const reports: FileReport[] = [];
    const reader = new RecordReader((report) => reports.push(report));
    for (const chunk of chunks) reader.push(chunk);
    return { reports, rest: reader.rest };
  }

  it('divide the output by file, however it arrives', () => {
    const second = { ...record, file: 'test/b.test.ts' };
    const output = `one\ntwo\n${encodeRecord(record)}no newline${encodeRecord(second)}after`;
    const expected = {
      reports: [
        { ...record, text: 'one\ntwo\n' },
        { ...second, text: 'no newline' },
      ],
      rest: 'after',
    };
    expect(read([output])).to.deep.equal(expected);
    expect(read(output)).to.deep.equal(expected);
  });
});

describe('results of a test run', () => {
  const report = (file: string | undefined, counts: object = {}): FileReport => ({
    ...{ file, passed: 0, failed: 0, skipped: 0, durationMs: 0, text: '\n\n  text\n\n' },
    ...counts,
  });

  it('are summed up in one line', () => {
    const results = resultsOf([report('a', { passed: 2 }), report('b', { passed: 3, failed: 1, skipped: 4 })]);
    expect(summaryLine(results)).to.equal('tests: 5 passed, 1 failed, 4 skipped');
    expect(summaryLine(results)).to.match(/^[a-z]+: \d+ passed, \d+ failed, \d+ skipped$/);
  });

  it('name the slowest files, and show again what failed', () => {
    const results = resultsOf([
      report('a', { durationMs: 500 }),
      report('b', { durationMs: 600, failed: 1, text: 'why' }),
      report('a', { durationMs: 501 }),
      report(undefined, { failed: 1, text: 'a hook' }),
    ]);
    expect(results.durationsMs).to.deep.equal({ a: 1001, b: 600 });
    expect(formatResults(results, 1).split('\n')).to.deep.equal([
      ...['Slowest files:', '    1.0 s  a', '', 'Failed:', '', 'b (0.6 s)', 'why', ''],
      ...['Outside the test files', 'a hook', ''],
    ]);
  });

  it('fail for a failed test or check, for none that passed, and in CI for a skipped one', () => {
    const code = (counts: object, run: object = {}) =>
      exitCodeOf(resultsOf([report('a', { passed: 1, ...counts })]), { checked: true, inCi: false, ...run });
    expect(code({})).to.equal(0);
    expect(code({ failed: 1 })).to.equal(1);
    expect(code({}, { checked: false })).to.equal(1);
    expect(code({ passed: 0 })).to.equal(1);
    expect(code({ skipped: 1 })).to.equal(0);
    expect(code({ skipped: 1 }, { inCi: true })).to.equal(1);
  });

  it('show the output of a file below its name', () => {
    expect(formatReport(report('a'))).to.equal('a (0.0 s)\n  text\n');
  });
});
