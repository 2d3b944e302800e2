import { expect } from 'chai';
import { Budget } from '../../../ext-proc/filter/budget.ts';

describe('ext-proc/filter/budget', () => {
  it('leaves as much for all others as one caller takes', () => {
    const budget = new Budget(100);
    const [one, another] = [budget.holder('a'), budget.holder('a')];
    expect(one.hold(40)).to.equal(true);
    expect(another.hold(10)).to.equal(true);
    expect(another.hold(11)).to.equal(false);
    expect(budget.used).to.equal(50);
    expect(one.hold(39)).to.equal(true);
    expect(another.hold(11)).to.equal(true);
  });

  it('gives every further caller a share', () => {
    const budget = new Budget(100);
    const shares: number[] = [];
    for (const caller of ['a', 'b', 'c', 'd']) {
      const holder = budget.holder(caller);
      let share = 0;
      while (holder.hold(share + 1)) share += 1;
      shares.push(share);
    }
    expect(shares).to.deep.equal([50, 25, 12, 6]);
  });

  it('always accepts less', () => {
    const budget = new Budget(100);
    const [mine, other] = [budget.holder('a'), budget.holder('b')];
    expect(mine.hold(50)).to.equal(true);
    expect(other.hold(25)).to.equal(true);
    expect(mine.hold(49)).to.equal(true);
    for (const holder of [mine, other]) expect(holder.hold(0)).to.equal(true);
    expect(budget.used).to.equal(0);
  });
});
