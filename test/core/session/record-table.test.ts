import { expect } from 'chai';
import fc from 'fast-check';
import { RecordTable } from '../../../core/session/record-table.ts';

const keyOf = (n: number) => Uint32Array.of(n, n * 3, 7, n + 1);

describe('core/session/record-table', () => {
  for (const [what, random] of [
    ['any seed', undefined],
    ['keys that are all in one place', () => 0],
  ] as const) {
    it(`is a map, with ${what}`, () => {
      const step = fc.record({ key: fc.integer({ min: 1, max: 60 }), remove: fc.boolean(), value: fc.nat() });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
          const table = new RecordTable(2, random);
          const model = new Map<number, number>();
          for (const { key, remove, value } of steps) {
            const found = table.find(keyOf(key));
            expect(found !== 0).to.equal(model.has(key));
            if (remove) {
              if (found !== 0) table.remove(found);
              model.delete(key);
            } else {
              table.set(found === 0 ? table.insert(keyOf(key)) : found, 1, value);
              model.set(key, value);
            }
          }
          expect(table.size).to.equal(model.size);
          for (let key = 1; key <= 60; key += 1) {
            const found = table.find(keyOf(key));
            expect(found === 0 ? undefined : table.get(found, 1)).to.equal(model.get(key));
          }
          const used = Array.from({ length: table.end }, (_, record) => record).filter((one) => table.isUsed(one));
          expect(used).to.have.lengthOf(model.size);
          expect(table.end).to.be.at.most(61);
        }),
      );
    });
  }

  it('uses the numbers of removed records again, with words that are 0', () => {
    const table = new RecordTable(3);
    const [first, second] = [table.insert(keyOf(1)), table.insert(keyOf(2))];
    for (let word = 0; word < 3; word += 1) table.set(first, word, 9);
    table.remove(second);
    table.remove(first);
    for (const key of [3, 4, 5]) {
      const record = table.insert(keyOf(key));
      expect([0, 1, 2].map((word) => table.get(record, word))).to.deep.equal([0, 0, 0]);
    }
    expect(table.end).to.equal(4);
  });

  // Without a seed, hashes of small keys begin with the same bits.
  for (const [what, random] of [
    ['any seed', undefined],
    ['hashes that are alike', () => 0],
  ] as const)
    it(`grows beyond a block of memory, with ${what}`, () => {
      const table = new RecordTable(1, random);
      for (let n = 1; n <= 10_000; n += 1) table.set(table.insert(keyOf(n)), 0, n);
      for (let n = 1; n <= 10_000; n += 1) expect(table.get(table.find(keyOf(n)), 0)).to.equal(n);
      for (let n = 1; n <= 10_000; n += 2) table.remove(table.find(keyOf(n)));
      for (let n = 1; n <= 10_000; n += 1) expect(table.find(keyOf(n)) === 0).to.equal(n % 2 === 1);
    });
});
