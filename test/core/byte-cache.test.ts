import { expect } from 'chai';
import fc from 'fast-check';
import { ByteCache } from '../../core/byte-cache.ts';

describe('core/byte-cache', () => {
  it('drops the entries that were set first, as many as needed', () => {
    const cache = new ByteCache<number>(100);
    for (const key of ['a', 'b', 'c']) cache.set(key, 1, 30);
    cache.set('a', 2, 30);
    cache.set('d', 1, 60);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).to.deep.equal([2, undefined, undefined, 1]);
    expect([cache.bytes, cache.size]).to.deep.equal([90, 2]);
  });

  it('does not keep, or make room for, what does not fit at all', () => {
    const cache = new ByteCache<number>(100);
    cache.set('a', 1, 50);
    cache.set('b', 1, 101);
    expect([cache.get('a'), cache.get('b'), cache.bytes]).to.deep.equal([1, undefined, 50]);
    cache.set('a', 2, 101);
    expect([cache.get('a'), cache.bytes]).to.deep.equal([undefined, 0]);
  });

  it('never takes more than it may, and counts what it has', () => {
    const step = fc.record({ key: fc.constantFrom(...'abcdef'), bytes: fc.nat(60), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new ByteCache<number>(100);
        for (const { key, bytes, remove } of steps) {
          if (remove) cache.delete(key);
          else cache.set(key, bytes, bytes);
          const held = [...'abcdef'].map((one) => cache.get(one)).filter((value) => value !== undefined);
          expect(cache.bytes).to.equal(held.reduce((sum, value) => sum + value, 0));
          expect(cache.bytes).to.be.at.most(100);
          expect(cache.size).to.equal(held.length);
        }
        cache.clear();
        expect([cache.bytes, cache.size]).to.deep.equal([0, 0]);
      }),
    );
  });
});
