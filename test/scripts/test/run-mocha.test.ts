import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import type { FileReport } from '../../../scripts/test/records.ts';
import { runMocha } from '../../../scripts/test/run-mocha.ts';
import { PROJECT } from '../../support/gateway.ts';

describe('a run of mocha', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    const parent = join(PROJECT, '.tmp');
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, 'mocha-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, code: string): string {
    const path = join(folder, name);
    writeFileSync(path, code);
    return relative(PROJECT, path);
  }

  async function run(files: string[], signal = new AbortController().signal, endMs = 60_000): Promise<FileReport[]> {
    const reports: FileReport[] = [];
    const onReport = (report: FileReport) => void reports.push(report);
    await runMocha({ name: 'these', group: 'unit', files }, { args: [], colors: false, signal, onReport, endMs });
    return reports;
  }

  it('reports each file with its counts, its output and its failures', async () => {
    const one = write(
      'one.test.ts',
      `describe('first', () => { it('passes', () => console.log('printed')); it.skip('waits'); });
      describe('second', () => { it('passes as well', () => console.error('warned')); });`,
    );
    const two = write('two.test.ts', `describe('third', () => { it('fails', () => { throw new Error('wrong'); }); });`);
    const reports = await run([one, two]);
    expect(reports).to.have.length(2);
    expect(reports[0]).to.include({ file: one, passed: 2, failed: 0, skipped: 1 });
    expect(reports[0]?.text).to.include('printed').and.include('second').and.include('warned').and.not.include('third');
    expect(reports[1]).to.include({ file: two, passed: 0, failed: 1, skipped: 0 });
    expect(reports[1]?.text).to.match(/third\n.*1\) fails\n.*Error: wrong/s);
  });

  it('ends a run that does not end by itself, which counts as a failure', async () => {
    const file = write('open.test.ts', `it('leaves a timer behind', () => void setInterval(() => {}, 1_000));`);
    const reports = await run([file], undefined, 500);
    expect(reports.map(({ passed, failed }) => [passed, failed])).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
    expect(reports[1]?.text).to.include('left something open');
  });

  it('counts a failed hook', async () => {
    const file = write(
      'hook.test.ts',
      `describe('x', () => { before(() => { throw new Error('no server'); }); it('y', () => {}); });`,
    );
    expect((await run([file])).map(({ failed, text }) => [failed, text.includes('no server')])).to.deep.equal([
      [1, true],
    ]);
  });

  it('counts a hook of the whole run that failed, apart from the files', async () => {
    const file = write(
      'root.test.ts',
      `after(() => { throw new Error('left over'); }); describe('x', () => { it('y', () => {}); });`,
    );
    const reports = await run([file]);
    expect(reports.reduce((sum, { failed }) => sum + failed, 0)).to.equal(1);
    expect(reports.at(-1)?.text).to.include('left over');
  });

  for (const [what, code] of [
    ['cannot be loaded', `import './missing.ts';`],
    ['ends the process', `describe('x', () => { it('y', () => process.exit(3)); });`],
    ['ends the process as if all were well', `describe('x', () => { it('y', () => process.exit(0)); });`],
  ] as const) {
    it(`counts a failure if a file ${what}`, async () => {
      const reports = await run([write('broken.test.ts', code)]);
      expect(reports.map(({ file, failed }) => ({ file, failed }))).to.deep.equal([{ file: undefined, failed: 1 }]);
      expect(reports[0]?.text).to.match(/mocha ended with [0137]/);
    });
  }

  it('does not start after an interruption', async () => {
    expect(await run([write('one.test.ts', `it('x', () => {});`)], AbortSignal.abort())).to.deep.equal([]);
  });
});
