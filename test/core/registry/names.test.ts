import { expect } from 'chai';
import fc from 'fast-check';
import { backendName, dnsLabel, isDnsLabel, RESERVED_NAMES } from '../../../core/registry/names.ts';

describe('core/registry/names', () => {
  it('are DNS labels', () => {
    for (const name of ['a', '0', 'a-b', 'a--b', 'x'.repeat(63)]) expect(isDnsLabel(name), name).to.equal(true);
    for (const name of [
      '',
      '-a',
      'a-',
      'A',
      'a.b',
      'a_b',
      'a/b',
      'a b',
      'ä',
      'a\n',
      '..',
      '__proto__',
      'x'.repeat(64),
    ]) {
      expect(isDnsLabel(name), JSON.stringify(name)).to.equal(false);
    }
  });

  it('contain nothing with a meaning in a path, a header or a cluster name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => !isDnsLabel(name) || encodeURIComponent(name) === name),
    );
  });

  it('of backends must not be reserved for the gateway itself', () => {
    for (const name of RESERVED_NAMES) {
      expect(backendName.safeParse(name).success, name).to.equal(false);
      expect(dnsLabel.safeParse(name).success, name).to.equal(true);
    }
  });
});
