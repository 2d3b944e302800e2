import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startMark } from '../../../runtime/processes/identity.ts';
import { type Supervised, type SupervisedStatus, superviseChild } from '../../../runtime/processes/supervisor.ts';
import { emptyFolder } from './folder.ts';
import { Output } from './output.ts';

const QUICK = { initialMs: 10, maxMs: 20 };

describe('runtime/processes/supervisor', () => {
  let supervised: Supervised | undefined;
  let history: SupervisedStatus[] = [];
  const onState = (status: SupervisedStatus): void => {
    history.push(status);
  };
  const states = (): string[] => history.map((status) => status.state);
  const until = (condition: () => boolean): Promise<void> => new Output().until(condition);

  beforeEach(() => {
    history = [];
  });
  afterEach(() => supervised?.stop(0));

  it('restarts a child that was killed, with a new spec', async () => {
    const ports: number[] = [];
    const output = new Output();
    const specOf = () => {
      ports.push(9000 + ports.length);
      const command = ['sh', '-c', `echo $PORT; exec sleep 600`];
      return {
        name: 'server',
        command,
        env: { PORT: String(ports.at(-1)), PATH: '/usr/bin:/bin' },
        onLine: output.onLine,
      };
    };
    supervised = superviseChild(specOf, { backoff: QUICK, onState });
    await output.has('9000');
    const first = supervised.status;
    process.kill(first.pid ?? 0, 'SIGKILL');
    await output.has('9001');

    expect(ports).to.deep.equal([9000, 9001]);
    expect(states()).to.deep.equal(['starting', 'running', 'backing-off', 'starting', 'running']);
    expect(first).to.include({ state: 'running', restarts: 0 }).and.not.have.property('lastExit');
    const { nextStartAt, ...backingOff } = history[2] ?? {};
    expect(backingOff).to.deep.equal({
      state: 'backing-off',
      restarts: 0,
      lastExit: { code: null, signal: 'SIGKILL' },
    });
    expect(nextStartAt).to.be.a('number');
    expect(supervised.status).to.include({ state: 'running', restarts: 1 });
    expect(supervised.status.pid).to.equal(supervised.child?.pid).and.not.equal(first.pid);
    expect(supervised.status.startedAt).to.be.at.least(first.startedAt ?? Number.NaN);
  });

  it('restarts a child after exit code 0 too, and waits longer each time', async () => {
    const settings = { backoff: { initialMs: 4, maxMs: 16 }, clock: () => 1_000, random: () => 1, onState };
    supervised = superviseChild(() => ({ name: 'brief', command: ['true'] }), settings);
    await until(() => states().filter((state) => state === 'backing-off').length === 4);
    const waits = history.flatMap(({ nextStartAt }) => (nextStartAt === undefined ? [] : [nextStartAt - 1_000]));
    expect(waits).to.deep.equal([4, 8, 16, 16]);
    expect(history.at(-1)?.lastExit).to.deep.equal({ code: 0, signal: null });
  });

  it('backs off from a program that cannot be started and from a spec that fails', async () => {
    let starts = 0;
    const specOf = async () => {
      starts += 1;
      if (starts === 1) throw new Error('no port left');
      return { name: 'server', command: starts === 2 ? ['no-such-program'] : ['sleep', '600'] };
    };
    supervised = superviseChild(specOf, { backoff: QUICK, onState });
    await until(() => states().includes('running'));
    expect(states()).to.deep.equal(['starting', 'backing-off', 'starting', 'backing-off', 'starting', 'running']);
    expect(history[1]?.lastExit?.error).to.equal('no port left');
    expect(history[3]?.lastExit?.error).to.include('no-such-program');
  });

  it('stops the child and does not restart it', async () => {
    supervised = superviseChild(() => ({ name: 'server', command: ['sleep', '600'] }), { backoff: QUICK, onState });
    await until(() => states().includes('running'));
    const { pid = 0 } = supervised.status;
    await supervised.stop(30_000);
    expect(startMark(pid)).to.equal(undefined);
    expect(states()).to.deep.equal(['starting', 'running', 'stopped']);
    expect(supervised.child).to.equal(undefined);
    await supervised.stop(0);
    expect(states().filter((state) => state === 'stopped')).to.have.length(1);
  });

  it('stops immediately while it backs off', async () => {
    const backoff = { initialMs: 600_000, maxMs: 600_000 };
    supervised = superviseChild(() => ({ name: 'brief', command: ['false'] }), { backoff, onState });
    await until(() => states().includes('backing-off'));
    await supervised.stop(30_000);
    expect(supervised.status).to.deep.equal({ state: 'stopped', restarts: 0, lastExit: { code: 1, signal: null } });
  });

  it('leaves no child if it is stopped during the start', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const specOf = async () => {
      await gate;
      return { name: 'server', command: ['sleep', '600'] };
    };
    supervised = superviseChild(specOf, { onState });
    const stopped = supervised.stop(30_000);
    release();
    await stopped;
    expect(states()).to.deep.equal(['starting', 'stopped']);
  });

  it('records its child', async () => {
    const recordFile = join(emptyFolder(), 'children.json');
    supervised = superviseChild(() => ({ name: 'server', command: ['sleep', '600'] }), { onState, recordFile });
    await until(() => states().includes('running'));
    expect(existsSync(recordFile)).to.equal(true);
    const [entry] = JSON.parse(readFileSync(recordFile, 'utf8'));
    expect(entry).to.include({ pid: supervised.status.pid, name: 'server' });
    await supervised.stop(30_000);
    expect(JSON.parse(readFileSync(recordFile, 'utf8'))).to.deep.equal([]);
  });
});
