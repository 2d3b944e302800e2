import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { isAlive, ownIdentity, parseProcStat, startMark } from '../../../runtime/processes/identity.ts';

describe('runtime/processes/identity', () => {
  it('parses a stat line whose program name contains spaces and parentheses', () => {
    const line = `42 (a) b (c) S 1 40 40 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 72914 3133440 384`;
    expect(parseProcStat(line)).to.deep.equal({ state: 'S', parent: 1, processGroup: 40, startTicks: '72914' });
    expect(parseProcStat('')).to.equal(undefined);
  });

  it('identifies a process until it ends', async () => {
    const child = spawn('sleep', ['60']);
    const { pid = 0 } = child;
    const start = startMark(pid);
    expect(start).to.be.a('string');
    expect(isAlive({ pid, start: start ?? '' })).to.equal(true);
    expect(isAlive({ pid, start: `${start}0` })).to.equal(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(startMark(pid)).to.equal(undefined);
  });

  it('is constant for this process', () => {
    expect(ownIdentity()).to.deep.equal(ownIdentity());
    expect(isAlive(ownIdentity())).to.equal(true);
  });
});
