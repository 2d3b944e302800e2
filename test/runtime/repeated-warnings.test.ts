import { expect } from 'chai';
import { RepeatedWarnings } from '../../runtime/repeated-warnings.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';

describe('runtime/repeated-warnings', () => {
  it('logs each subject once in its time, with the number of those in between', () => {
    const { log, lines } = capturedLog();
    let nowMs = 0;
    const warnings = new RepeatedWarnings(log, { everyMs: 60_000, now: () => nowMs });
    for (let n = 0; n < 5; n += 1) warnings.warn('a', { backend: 'a' }, 'odd');
    warnings.warn('b', { backend: 'b' }, 'odd');
    nowMs = 59_999;
    warnings.warn('a', { backend: 'a' }, 'odd');
    nowMs = 60_000;
    warnings.warn('a', { backend: 'a' }, 'odd');
    const shown = lines as unknown as { backend: string; repeated?: number; level: number }[];
    expect(shown.map(({ backend, repeated, level }) => [backend, repeated, level])).to.deep.equal([
      ['a', undefined, 40],
      ['b', undefined, 40],
      ['a', 5, 40],
    ]);
  });

  it('remembers a bounded number of subjects', () => {
    const { log, messages } = capturedLog();
    const warnings = new RepeatedWarnings(log, { maxSubjects: 2, now: () => 0 });
    for (const subject of ['a', 'b', 'c', 'b', 'a']) warnings.warn(subject, {}, subject);
    expect(messages).to.deep.equal(['a', 'b', 'c', 'a']);
  });
});
