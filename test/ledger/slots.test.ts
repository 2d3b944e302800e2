import { expect } from 'chai';
import { Slots } from '../../ledger/slots.ts';

const NEVER_MS = 60_000;

describe('ledger/slots', () => {
  let nowMs: number;
  let slots: Slots;

  beforeEach(() => {
    nowMs = 0;
    slots = new Slots(() => nowMs);
  });

  it('gives out as many places as there are, to each group its own', async () => {
    expect(await slots.acquire('a', '1', 2, 0)).to.equal(true);
    expect(await slots.acquire('a', '2', 2, 0)).to.equal(true);
    expect(await slots.acquire('a', '3', 2, 0)).to.equal(false);
    expect(await slots.acquire('b', '4', 1, 0)).to.equal(true);
    expect([slots.taken('a'), slots.taken('b'), slots.taken('c')]).to.deep.equal([2, 1, 0]);
  });

  it('gives a place that came back to who waited first', async () => {
    await slots.acquire('a', '1', 1, 0);
    const order: string[] = [];
    const first = slots.acquire('a', '2', 1, NEVER_MS).then((granted) => order.push(`2 ${granted}`));
    const second = slots.acquire('a', '3', 1, NEVER_MS).then((granted) => order.push(`3 ${granted}`));
    slots.release('1');
    await first;
    slots.release('2');
    await second;
    expect(order).to.deep.equal(['2 true', '3 true']);
    expect(slots.taken('a')).to.equal(1);
  });

  it('lets nobody wait for longer than they like, and keeps no place for who left', async () => {
    await slots.acquire('a', '1', 1, 0);
    expect(await slots.acquire('a', '2', 1, 5)).to.equal(false);
    slots.release('1');
    expect(slots.taken('a')).to.equal(0);
  });

  it('takes back a place once, whoever says so', async () => {
    await slots.acquire('a', '1', 2, 0);
    await slots.acquire('a', '2', 2, 0);
    for (let count = 0; count < 3; count++) slots.release('1');
    slots.release('unknown');
    expect(slots.taken('a')).to.equal(1);
  });

  it('takes back places that were not heard of for long, and no others', async () => {
    await slots.acquire('a', 'lost', 2, 0);
    await slots.acquire('a', 'open', 2, 0);
    nowMs = 40_000;
    slots.renew('open');
    slots.renew('unknown');
    expect(await slots.acquire('a', 'early', 2, 0)).to.equal(false);
    nowMs = 46_000;
    expect(await slots.acquire('a', 'next', 2, 0)).to.equal(true);
    expect(await slots.acquire('a', 'more', 2, 0)).to.equal(false);
  });

  it('counts anew where a limit was changed', async () => {
    await slots.acquire('a', '1', 3, 0);
    await slots.acquire('a', '2', 3, 0);
    expect(await slots.acquire('a', '3', 1, 0)).to.equal(false);
    slots.release('1');
    expect(await slots.acquire('a', '4', 1, 0)).to.equal(false);
    slots.release('2');
    expect(await slots.acquire('a', '5', 1, 0)).to.equal(true);
  });

  it('is empty once everything was given back', async () => {
    await slots.acquire('a', '1', 1, 0);
    const waiting = slots.acquire('a', '2', 1, NEVER_MS);
    slots.clear();
    expect(await waiting).to.equal(true);
  });
});
