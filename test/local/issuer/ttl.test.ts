import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { parseTtl } from '../../../local/issuer/ttl.ts';

describe('parseTtl', () => {
  for (const [text, seconds] of [
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['7d', 604_800],
    ['365d', 31_536_000],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(parseTtl(text)).to.equal(seconds);
    });
  }

  for (const text of [
    '',
    'h',
    '1',
    '0s',
    '-1h',
    '1.5h',
    '1 h',
    '1H',
    '1h30m',
    '1w',
    '01h',
    '366d',
    '9999999999s',
    '1constructor',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseTtl(text))
        .to.throw(UserError, 'is not a lifetime')
        .with.property('code', 'usage');
    });
  }
});
