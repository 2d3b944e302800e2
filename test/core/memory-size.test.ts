import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { memorySizeOf } from '../../core/memory-size.ts';

/** As many units as fit into the claims of the largest token. */
function fill(unit: (index: number) => string): string {
  const units: string[] = [];
  let length = 0;
  while (length < 11_000) {
    const text = unit(units.length);
    length += text.length + 1;
    units.push(text);
  }
  return units.join(',');
}

const SHAPES: Record<string, (at: number) => string> = {
  groups: (at) => `{"groups":[${fill((index) => `"group-${at}-${index}"`)}]}`,
  'short groups': () => `{"groups":[${fill((index) => `"${index.toString(36)}"`)}]}`,
  numbers: () => `[${fill(() => '0.5')}]`,
  'empty objects': () => `[${fill(() => '{}')}]`,
  'empty arrays': () => `[${fill(() => '[]')}]`,
  'objects with the same key': () => `[${fill(() => '{"a":0}')}]`,
  'objects with other keys': (at) => `[${fill((index) => `{"${at.toString(36)}_${index.toString(36)}":0}`)}]`,
  'an object with many keys': (at) => `{${fill((index) => `"${at.toString(36)}_${index.toString(36)}":0`)}}`,
  'nested objects': () => `${'{"a":'.repeat(1_800)}0${'}'.repeat(1_800)}`,
  'nested arrays': () => `${'['.repeat(6_000)}${']'.repeat(6_000)}`,
  'a long text': (at) => `"${'x'.repeat(11_000)}${at}"`,
  'a long text beyond Latin 1': (at) => `"${'\u0436'.repeat(5_000)}${at}"`,
};

describe('core/memory-size', () => {
  setFlagsFromString('--expose_gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const used = () => {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };

  for (const [name, make] of Object.entries(SHAPES)) {
    it(`is at least what V8 takes: ${name}`, () => {
      // Flat strings: parsing would flatten others, and that memory would be counted.
      const texts = Array.from({ length: 100 }, (_, at) => Buffer.from(make(at)).toString());
      const before = used();
      const values = texts.map((text): unknown => JSON.parse(text));
      const taken = used() - before;
      const estimate = values.reduce<number>((sum, value) => sum + memorySizeOf(value), 0);
      expect(estimate).to.be.greaterThan(taken * 0.9);
    });
  }
});
