import { expect } from 'chai';
import { durationMs, parseDurationMs } from '../../../core/document/duration.ts';

describe('core/document/duration', () => {
  it('reads a number and a unit', () => {
    const texts = ['0s', '500ms', '30s', '5m', '1h', '7d'];
    expect(texts.map(parseDurationMs)).to.deep.equal([0, 500, 30_000, 300_000, 3_600_000, 604_800_000]);
  });

  it('reads nothing else', () => {
    for (const text of [
      '',
      '5',
      's',
      '-1s',
      '1.5s',
      '1s ',
      ' 1s',
      '1S',
      '1w',
      '1m30s',
      '1e3s',
      '9999999999s',
      '1constructor',
      '１s',
    ]) {
      expect(parseDurationMs(text), JSON.stringify(text)).to.equal(undefined);
    }
  });

  it('holds a schema to its bounds', () => {
    const schema = durationMs(1_500, 3_600_000);
    const messages = (value: unknown) => schema.safeParse(value).error?.issues.map(({ message }) => message);
    expect(schema.parse('1500ms')).to.equal(1_500);
    expect(schema.parse('1h')).to.equal(3_600_000);
    expect(messages('1s')).to.deep.equal(['must be between 1500ms and 1h']);
    expect(messages('61m')).to.deep.equal(['must be between 1500ms and 1h']);
    expect(messages('soon')).to.deep.equal(['must be a duration such as 500ms, 30s, 5m, 1h or 7d']);
    expect(messages(30)).to.have.length(1);
  });
});
