import { expect } from 'chai';
import { OncePerRequest } from '../../ext-authz/once.ts';

const CALL = { cancelled: false };

describe('ext-authz/once', () => {
  let nowMs: number;
  let started: string[];
  const worker = (name: string) => async () => {
    started.push(name);
    return name;
  };
  const create = (maxKept = 10) => new OncePerRequest<string>({ keepMs: 5_000, maxKept, now: () => nowMs });

  beforeEach(() => {
    nowMs = 0;
    started = [];
  });

  it('starts the work of an id once while it is under way, and after it', async () => {
    const once = create();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = once.run('a', CALL, () => promise);
    const second = once.run('a', CALL, worker('again'));
    resolve('first');
    expect(await Promise.all([first, second, once.run('b', CALL, worker('other'))])).to.deep.equal([
      'first',
      'first',
      'other',
    ]);
    nowMs = 4_999;
    expect(await once.run('a', CALL, worker('late'))).to.equal('first');
    expect(started).to.deep.equal(['other']);
  });

  it('forgets an outcome after its time, work that failed, and what it is told to forget', async () => {
    const once = create();
    await once.run('a', CALL, worker('a'));
    nowMs = 5_000;
    await once.run('a', CALL, worker('a later'));
    await once.run('b', CALL, () => Promise.reject(new Error('no'))).catch(() => undefined);
    await once.run('b', CALL, worker('b'));
    once.forget('b');
    await once.run('b', CALL, worker('b again'));
    expect(started).to.deep.equal(['a', 'a later', 'b', 'b again']);
  });

  it('does not remember what was forgotten while it was under way', async () => {
    const once = create();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = once.run('a', CALL, () => promise);
    once.forget('a');
    resolve('x');
    await first;
    expect(once.size).to.equal(0);
  });

  it('reports work as abandoned once all calls that wait for it are cancelled', async () => {
    const once = create();
    const { promise, resolve } = Promise.withResolvers<string>();
    const [first, second] = [{ cancelled: true }, { cancelled: false }];
    let isAbandoned = () => false;
    const work = (tell: () => boolean) => {
      isAbandoned = tell;
      return promise;
    };
    const outcome = once.run('a', first, work);
    expect(isAbandoned()).to.equal(true);
    void once.run('a', second, worker('again'));
    expect(isAbandoned()).to.equal(false);
    second.cancelled = true;
    expect(isAbandoned()).to.equal(true);
    resolve('a');
    await outcome;
  });

  it('always starts work without an id', async () => {
    const once = create();
    await Promise.all([once.run('', CALL, worker('1')), once.run('', CALL, worker('2'))]);
    expect(started).to.deep.equal(['1', '2']);
    expect(once.size).to.equal(0);
  });

  it('remembers a bounded number of outcomes, the newest', async () => {
    const once = create(3);
    for (let n = 0; n < 100; n += 1) await once.run(String(n), CALL, worker(String(n)));
    expect(once.size).to.equal(3);
    started = [];
    for (const n of [97, 99, 96]) await once.run(String(n), CALL, worker(String(n)));
    expect(started).to.deep.equal(['96']);
  });
});
