import { expect } from 'chai';
import { SlotWaits } from '../../ledger/slot-waits.ts';

const NEVER_MS = 60_000;
const request = (slot: string, limit = 1) => ({ group: 'a', slot, limit });

describe('ledger/slot-waits', () => {
  let nowMs: number;
  let slots: SlotWaits;

  beforeEach(() => {
    nowMs = 0;
    slots = new SlotWaits(() => nowMs);
  });

  it('answers requests in the order in which they came', async () => {
    expect(await slots.acquire(request('1'), 0)).to.equal(true);
    const order: string[] = [];
    const waits = ['2', '3'].map((slot) =>
      slots.acquire(request(slot), NEVER_MS).then((acquired) => order.push(`${slot} ${acquired}`)),
    );
    slots.release('1');
    await waits[0];
    slots.release('2');
    await waits[1];
    expect(order).to.deep.equal(['2 true', '3 true']);
  });

  it('lets a request wait no longer than it may, and keeps no slot for it', async () => {
    await slots.acquire(request('1'), 0);
    expect(await slots.acquire(request('2'), 5)).to.equal(false);
    slots.release('1');
    expect(await slots.acquire(request('3'), 0)).to.equal(true);
  });

  it('releases expired slots when a request finds none', async () => {
    await slots.acquire(request('lost', 2), 0);
    await slots.acquire(request('open', 2), 0);
    nowMs = 40_000;
    slots.renew('open');
    expect(await slots.acquire(request('early', 2), 0)).to.equal(false);
    nowMs = 46_000;
    expect(await slots.acquire(request('next', 2), 0)).to.equal(true);
    expect(await slots.acquire(request('more', 2), 0)).to.equal(false);
  });

  it('answers waiting requests when all slots are released', async () => {
    await slots.acquire(request('1'), 0);
    const waiting = slots.acquire(request('2'), NEVER_MS);
    slots.clear();
    expect(await waiting).to.equal(true);
  });
});
