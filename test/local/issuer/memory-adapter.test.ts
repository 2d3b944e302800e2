import { expect } from 'chai';
import { MemoryAdapter } from '../../../local/issuer/memory-adapter.ts';

describe('MemoryAdapter', () => {
  let nowMs: number;
  let adapter: MemoryAdapter;
  beforeEach(() => {
    nowMs = 1_000_000;
    adapter = new MemoryAdapter(3, () => nowMs);
  });

  it('keeps an entry until it expires', async () => {
    await adapter.upsert('a', { uid: 'u' }, 10);
    nowMs += 9_999;
    expect(await adapter.find('a')).to.deep.equal({ uid: 'u' });
    nowMs += 1;
    expect(await adapter.find('a')).to.equal(undefined);
    expect(await adapter.findByUid('u')).to.equal(undefined);
  });

  it('drops the oldest entry above its limit; a write makes an entry the newest', async () => {
    for (const id of ['a', 'b', 'c', 'a', 'd']) await adapter.upsert(id, { id }, 60);
    expect(await adapter.find('b')).to.equal(undefined);
    for (const id of ['a', 'c', 'd']) expect(await adapter.find(id)).to.deep.equal({ id });
  });

  it('finds by uid and user code, destroys, and records the time of use', async () => {
    await adapter.upsert('a', { uid: 'u', userCode: 'c' });
    expect(await adapter.findByUid('u')).to.equal(await adapter.find('a'));
    expect(await adapter.findByUserCode('c')).to.equal(await adapter.find('a'));
    await adapter.consume('a');
    expect(await adapter.find('a')).to.include({ consumed: 1000 });
    await adapter.destroy('a');
    expect(await adapter.find('a')).to.equal(undefined);
  });

  it('revokes all entries of one grant and no others', async () => {
    await adapter.upsert('a', { grantId: 'g' });
    await adapter.upsert('b', { grantId: 'g' });
    await adapter.upsert('c', { grantId: 'h' });
    await adapter.revokeByGrantId('g');
    expect([await adapter.find('a'), await adapter.find('b')]).to.deep.equal([undefined, undefined]);
    expect(await adapter.find('c')).to.deep.equal({ grantId: 'h' });
  });
});
