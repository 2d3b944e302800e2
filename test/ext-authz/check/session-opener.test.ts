import { expect } from 'chai';
import { sealSession } from '../../../core/session/seal.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import { keysOf, SESSION } from '../../core/session/arbitrary.ts';

const KEYS = keysOf(1);
const sealed = (serverSessionId: string) => sealSession({ ...SESSION, serverSessionId }, KEYS);

describe('ext-authz/check/session-opener', () => {
  it('keeps what it has opened, until there are other keys', () => {
    const opener = new SessionOpener(KEYS);
    const id = sealed('a');
    const opened = opener.open(id);
    expect(opened?.session.serverSessionId).to.equal('a');
    expect(opener.open(id)).to.equal(opened);
    opener.useKeys(keysOf(2));
    expect(opener.open(id)).to.equal(undefined);
  });

  it('keeps as many sessions as fit into its memory, by the length of their ids', () => {
    const opener = new SessionOpener(KEYS, 10_000);
    const [first, ...others] = ['a', 'b', 'c', 'd'].map(sealed);
    const long = sealed('x'.repeat(2_000));
    const opened = opener.open(first ?? '');
    for (const id of others) opener.open(id);
    expect(opener.open(first ?? '')).to.equal(opened);
    opener.open(long);
    expect(opener.open(first ?? '')).to.not.equal(opened);
    expect(opener.open(long)).to.equal(opener.open(long));
  });
});
