import { expect } from 'chai';
import { durationMs, parseDurationMs, parseOptionSeconds } from '../../../core/document/duration.ts';
import { UserError } from '../../../core/errors.ts';

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

  for (const [text, seconds] of [
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['7d', 604_800],
    ['365d', 31_536_000],
  ] as const) {
    it(`reads the option ${text}`, () => {
      expect(parseOptionSeconds(text)).to.equal(seconds);
    });
  }

  for (const text of ['', 'h', '1', '0s', '-1h', '1.5h', '1 h', '1H', '1h30m', '1w', '01h', '366d', '9999999999s']) {
    it(`rejects the option ${JSON.stringify(text)}`, () => {
      expect(() => parseOptionSeconds(text))
        .to.throw(UserError)
        .with.property('code', 'usage');
    });
  }

  it('rejects an option in milliseconds or with an inherited property as its unit', () => {
    for (const text of ['500ms', '1000ms', '1constructor']) {
      expect(() => parseOptionSeconds(text), text).to.throw(UserError, 'is not a duration');
    }
  });

  it('makes a schema with bounds', () => {
    const schema = durationMs(1_500, 3_600_000);
    const messages = (value: unknown) => schema.safeParse(value).error?.issues.map(({ message }) => message);
    expect(schema.parse('1500ms')).to.equal(1_500);
    expect(schema.parse('1h')).to.equal(3_600_000);
    for (const text of ['1s', '61m']) expect(messages(text)?.join(), text).to.match(/1500ms.*1h/);
    for (const value of ['soon', 30]) expect(messages(value)?.join(), String(value)).to.include('duration');
  });
});
