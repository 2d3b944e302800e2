import { expect } from 'chai';
import { WorkQueue } from '../../../k8s/operator/queue.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';

/** Work that the test finishes explicitly. */
function manual() {
  const begun: string[] = [];
  const open = new Map<string, PromiseWithResolvers<number | undefined>>();
  return {
    begun,
    handle: (key: string) => {
      begun.push(key);
      const work = Promise.withResolvers<number | undefined>();
      open.set(key, work);
      return work.promise;
    },
    finish: (key: string, again?: number) => open.get(key)?.resolve(again),
    fail: (key: string) => open.get(key)?.reject(new Error('failed')),
  };
}

describe('k8s/operator/queue', () => {
  let queue: WorkQueue;

  afterEach(() => queue.close());

  it('never works on a key twice at the same time, and once more if it was added meanwhile', async () => {
    const work = manual();
    queue = new WorkQueue({ handle: work.handle, onFailure: () => undefined, workers: 4 });
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    await eventually(
      () => work.begun.length,
      (count) => count === 2,
    );
    queue.add('a');
    queue.add('a');
    expect(work.begun).to.deep.equal(['a', 'b']);
    work.finish('a');
    await eventually(
      () => work.begun.length,
      (count) => count === 3,
    );
    work.finish('a');
    work.finish('b');
    await eventually(
      () => queue.length,
      (length) => length === 0,
    );
    expect(work.begun).to.deep.equal(['a', 'b', 'a']);
  });

  it('works on at most as many keys as it has workers', async () => {
    const work = manual();
    queue = new WorkQueue({ handle: work.handle, onFailure: () => undefined, workers: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await eventually(
      () => work.begun.length,
      (count) => count === 2,
    );
    expect(queue.length).to.equal(1);
    work.finish('a');
    await eventually(
      () => work.begun.at(-1),
      (key) => key === 'c',
    );
    work.finish('b');
    work.finish('c');
  });

  it('retries after a failure, and not sooner if the key is added', async () => {
    let tries = 0;
    const failures: number[] = [];
    queue = new WorkQueue({
      handle: async () => {
        tries += 1;
        if (tries < 4) throw new Error('failed');
        return undefined;
      },
      onFailure: (_key, _error, count) => {
        failures.push(count);
        // Adding a key does not shorten its pause.
        setImmediate(() => queue.add('a'));
        return undefined;
      },
      workers: 1,
      firstMs: 20,
      random: () => 0,
    });
    queue.add('a');
    await eventually(
      () => tries,
      (count) => count === 4,
    );
    expect(failures).to.deep.equal([1, 2, 3]);
    expect(queue.failing).to.equal(0);
  });

  it('pauses only the key that failed, however often it is added', async () => {
    const times: Record<string, number> = { a: 0, b: 0 };
    queue = new WorkQueue({
      handle: async (key) => {
        times[key] = (times[key] ?? 0) + 1;
        if (key === 'a') throw new Error('failed');
        return 1;
      },
      onFailure: () => 600_000,
      workers: 1,
    });
    queue.add('a');
    await eventually(
      () => queue.failing,
      (failing) => failing === 1,
    );
    queue.add('a');
    queue.add('b');
    await eventually(
      () => times.b ?? 0,
      (count) => count > 5,
    );
    expect(times.a).to.equal(1);
  });

  it('repeats a key after the time that its work returned', async () => {
    let times = 0;
    queue = new WorkQueue({
      handle: async () => {
        times += 1;
        return times < 3 ? 5 : undefined;
      },
      onFailure: () => undefined,
      workers: 1,
    });
    queue.add('a');
    await eventually(
      () => times,
      (count) => count === 3,
    );
  });

  it('waits for the work in progress when it closes, and starts no other', async () => {
    const work = manual();
    queue = new WorkQueue({ handle: work.handle, onFailure: () => undefined, workers: 1 });
    queue.add('a');
    queue.add('b');
    await eventually(
      () => work.begun.length,
      (count) => count === 1,
    );
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).to.equal(false);
    work.finish('a');
    await closing;
    queue.add('c');
    expect(work.begun).to.deep.equal(['a']);
  });
});
