import { expect } from 'chai';
import { Slots } from '../../ledger/slots.ts';

const request = (slot: string, limit: number, group = 'a') => ({ group, slot, limit });

describe('ledger/slots', () => {
  let slots: Slots;
  const acquire = (slot: string, limit: number, nowMs = 0) => slots.acquire(request(slot, limit), nowMs);
  const names = (requests: readonly { slot: string }[]) => requests.map(({ slot }) => slot);

  beforeEach(() => {
    slots = new Slots();
  });

  it('gives each group as many slots as its limit', () => {
    expect([acquire('1', 2), acquire('2', 2), acquire('3', 2)]).to.deep.equal([true, true, false]);
    expect(slots.acquire(request('4', 1, 'b'), 0)).to.equal(true);
    expect([slots.taken('a'), slots.taken('b'), slots.taken('c')]).to.deep.equal([2, 1, 0]);
  });

  it('gives a released slot to the request that waits longest', () => {
    acquire('1', 1);
    slots.wait(request('2', 1));
    slots.wait(request('3', 1));
    expect(slots.release('1', 0)?.slot).to.equal('2');
    expect(slots.release('2', 0)?.slot).to.equal('3');
    expect(slots.release('3', 0)).to.equal(undefined);
    expect(slots.taken('a')).to.equal(0);
  });

  it('keeps no slot for a request that no longer waits', () => {
    acquire('1', 1);
    slots.wait(request('2', 1));
    slots.cancel(request('2', 1));
    expect(slots.release('1', 0)).to.equal(undefined);
    expect(slots.taken('a')).to.equal(0);
  });

  it('releases a slot once, and ignores unknown ones', () => {
    acquire('1', 2);
    acquire('2', 2);
    for (const slot of ['1', '1', '1', 'unknown']) slots.release(slot, 0);
    expect(slots.taken('a')).to.equal(1);
  });

  it('expires slots without news, and no others', () => {
    acquire('lost', 3);
    acquire('open', 3);
    slots.acquire(request('other', 1, 'b'), 0);
    slots.renew('open', 40_000);
    slots.renew('unknown', 40_000);
    slots.wait(request('next', 2));
    expect(slots.expire('a', 45_000)).to.deep.equal([]);
    expect(names(slots.expire('a', 46_000))).to.deep.equal(['next']);
    expect([slots.taken('a'), slots.taken('b')]).to.deep.equal([2, 1]);
    // The clock of the new slot starts when it is taken.
    expect(names(slots.expire('a', 91_000))).to.deep.equal([]);
    expect(slots.taken('a')).to.equal(1);
  });

  it('applies a limit that was lowered to slots that were taken before', () => {
    acquire('1', 3);
    acquire('2', 3);
    expect(acquire('3', 1)).to.equal(false);
    slots.wait(request('4', 1));
    expect(slots.release('1', 0)).to.equal(undefined);
    expect(slots.release('2', 0)?.slot).to.equal('4');
  });

  it('has no slot taken once all were released', () => {
    acquire('1', 2);
    acquire('2', 2);
    slots.wait(request('3', 2));
    expect(names(slots.clear(0))).to.deep.equal(['3']);
    expect(slots.taken('a')).to.equal(1);
  });
});
