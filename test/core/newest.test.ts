import { expect } from 'chai';
import { setNewest } from '../../core/newest.ts';

describe('core/newest', () => {
  it('removes the oldest entry of a full map', () => {
    const map = new Map<string, number>();
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ] as const)
      setNewest(map, key, value, 2);
    expect([...map]).to.deep.equal([
      ['a', 3],
      ['c', 4],
    ]);
  });
});
