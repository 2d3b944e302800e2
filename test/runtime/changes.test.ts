import { expect } from 'chai';
import { Changes } from '../../runtime/changes.ts';

describe('runtime/changes', () => {
  it('resolves immediately if the condition holds', async () => {
    expect(await new Changes().until(() => true, 0)).to.equal(true);
  });

  it('checks the condition of every waiting caller after each change', async () => {
    const changes = new Changes();
    let count = 0;
    const waiting = [changes.until(() => count >= 1, 5_000), changes.until(() => count >= 2, 5_000)];
    for (count = 1; count <= 2; count++) changes.wake();
    expect(await Promise.all(waiting)).to.deep.equal([true, true]);
  });

  it('resolves with false after the timeout', async () => {
    const alive = setInterval(() => {}, 1_000);
    expect(await new Changes().until(() => false, 1)).to.equal(false);
    clearInterval(alive);
  });
});
