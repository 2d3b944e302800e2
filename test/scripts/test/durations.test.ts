import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Durations } from '../../../scripts/test/durations.ts';

describe('recorded durations of test files', () => {
  let cacheDir: string;
  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), 'durations-'));
  });
  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

  it('are kept for the next run, those of other files as well', () => {
    new Durations(cacheDir).save({ a: 1, b: 2 });
    new Durations(cacheDir).save({ b: 3 });
    const durations = new Durations(cacheDir);
    expect([durations.of('a'), durations.of('b')]).to.deep.equal([1, 3]);
  });

  it('are guessed from the size of a file that has not run, without a record or with a damaged one', () => {
    const file = join(cacheDir, 'new.test.ts');
    writeFileSync(file, 'x'.repeat(2_000));
    expect(new Durations(cacheDir).of(file)).to.equal(2_000);
    writeFileSync(join(cacheDir, 'test-durations.json'), '{broken');
    expect(new Durations(cacheDir).of(file)).to.equal(2_000);
  });
});
