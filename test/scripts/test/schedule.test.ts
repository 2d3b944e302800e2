import { expect } from 'chai';
import { runAll } from '../../../scripts/test/schedule.ts';

describe('the schedule of a test run', () => {
  let log: string[];
  let running: Map<string, () => void>;
  beforeEach(() => {
    log = [];
    running = new Map();
  });
  const run = (item: string) =>
    new Promise<void>((resolve) => {
      log.push(item);
      running.set(item, resolve);
    });
  const finish = async (item: string) => {
    running.get(item)?.();
    await new Promise(setImmediate);
  };

  it('runs as many items at the same time as there are workers, in order', async () => {
    const all = runAll({ first: ['a'], rest: ['b', 'c', 'd'], ready: Promise.resolve(), workers: 2, run });
    await new Promise(setImmediate);
    expect(log).to.deep.equal(['a', 'b']);
    await finish('b');
    expect(log).to.deep.equal(['a', 'b', 'c']);
    await finish('a');
    expect(log).to.deep.equal(['a', 'b', 'c', 'd']);
    await finish('c');
    await finish('d');
    await all;
  });

  it('starts the rest only once its programs are ready', async () => {
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const all = runAll({ first: ['a', 'b', 'c'], rest: ['d'], ready, workers: 2, run });
    await new Promise(setImmediate);
    for (const item of ['a', 'b', 'c']) await finish(item);
    expect(log).to.deep.equal(['a', 'b', 'c']);
    resolve();
    await new Promise(setImmediate);
    expect(log).to.deep.equal(['a', 'b', 'c', 'd']);
    await finish('d');
    await all;
  });

  it('rejects with what went wrong, after the other items', async () => {
    const failing = async (item: string) => {
      log.push(item);
      if (item === 'a') throw new Error('broken');
    };
    const all = runAll({ first: ['a', 'b'], rest: ['c'], ready: Promise.resolve(), workers: 2, run: failing });
    const error = await all.catch((reason: unknown) => reason);
    expect(error).to.be.an('error').with.property('message', 'broken');
    expect(log).to.deep.equal(['a', 'b', 'c']);
  });

  it('rejects without the rest if its programs cannot be found', async () => {
    const immediately = async (item: string) => void log.push(item);
    const ready = Promise.reject(new Error('no Go'));
    const all = runAll({ first: ['a'], rest: ['b'], ready, workers: 2, run: immediately });
    expect(await all.catch((reason: unknown) => reason)).to.have.property('message', 'no Go');
    expect(log).to.deep.equal(['a']);
  });
});
