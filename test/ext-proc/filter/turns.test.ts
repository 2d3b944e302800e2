import { expect } from 'chai';
import type { Sliced } from '../../../core/mcp/sliced.ts';
import { Turns } from '../../../ext-proc/filter/turns.ts';

describe('ext-proc/filter/turns', () => {
  let turns: Turns;
  let done: string[];
  /** What runs in the next turn. */
  let later: (() => void)[];

  beforeEach(() => {
    later = [];
    done = [];
    turns = new Turns((run) => later.push(run));
  });

  const nextTurn = () => {
    for (const run of later.splice(0)) run();
  };
  function* work(name: string, slices: number): Sliced<string> {
    for (let slice = 1; slice < slices; slice += 1) {
      done.push(name);
      yield;
    }
    done.push(name);
    return name;
  }
  const always = () => true;
  const start = (caller: string, name: string, slices: number) => void turns.run(caller, work(name, slices), always);

  it('runs the first slice immediately, and one in each further turn', () => {
    start('a', 'a', 3);
    expect(done.join('')).to.equal('a');
    nextTurn();
    expect(done.join('')).to.equal('aa');
    nextTurn();
    expect(done.join('')).to.equal('aaa');
    nextTurn();
    expect(later).to.deep.equal([]);
  });

  it('runs one slice in a turn, whatever the number of computations', () => {
    for (const caller of ['a', 'b', 'c']) start(caller, caller, 2);
    const counts: number[] = [done.length];
    while (later.length > 0) {
      nextTurn();
      counts.push(done.length);
    }
    expect(counts).to.deep.equal([1, 2, 3, 4, 5, 6, 6]);
  });

  it('gives each caller its turn, also if another one has many computations', () => {
    for (let count = 0; count < 5; count += 1) start('greedy', 'g', 10);
    start('modest', 'm', 2);
    while (later.length > 0) nextTurn();
    expect(done.slice(0, 6).join('')).to.equal('ggmgmg');
    expect(done).to.have.length(52);
  });

  it('resolves with the result, or rejects with the error', async () => {
    expect(await new Turns().run('a', work('a', 3), always)).to.equal('a');
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    function* failing(): Sliced<void> {
      throw new Error('failed');
    }
    const error = await new Turns().run('a', failing(), always).catch((reason: Error) => reason.message);
    expect(error).to.equal('failed');
  });

  it('stops what is not wanted any more', async () => {
    let wanted = true;
    const result = turns.run('a', work('a', 9), () => wanted);
    nextTurn();
    wanted = false;
    nextTurn();
    expect(await result).to.equal(undefined);
    expect(done).to.have.length(2);
    nextTurn();
    expect(later).to.deep.equal([]);
  });
});
