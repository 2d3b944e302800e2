import { expect } from 'chai';
import fc from 'fast-check';
import {
  belongsTo,
  MAX_SERVER_SESSION_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  openSession,
  sealSession,
} from '../../../core/session/seal.ts';
import type { Session } from '../../../core/session/session.ts';
import { anySession, keysOf, SESSION } from './arbitrary.ts';

const KEYS = keysOf(1);

describe('core/session/seal', () => {
  it('opens what it sealed', () => {
    fc.assert(
      fc.property(anySession, (session) => {
        const token = sealSession(session, KEYS);
        expect(token).to.match(/^[A-Za-z0-9_-]+$/);
        expect(openSession(token, KEYS)).to.deep.equal(token.length <= MAX_TOKEN_LENGTH ? session : undefined);
      }),
    );
  });

  it('can seal the longest supported session id of a server', () => {
    const longest: Session = {
      ...SESSION,
      backend: 'b'.repeat(63),
      tenant: 't'.repeat(63),
      endpoint: 'e'.repeat(253),
      incarnation: 'i'.repeat(128),
      serverSessionId: 's'.repeat(MAX_SERVER_SESSION_ID_LENGTH),
    };
    const token = sealSession(longest, KEYS);
    expect(token.length).to.be.at.most(MAX_TOKEN_LENGTH);
    expect(openSession(token, KEYS)).to.deep.equal(longest);
  });

  it('never seals into the same token twice, and hides the session', () => {
    const [one, other] = [sealSession(SESSION, KEYS), sealSession(SESSION, KEYS)];
    expect(one).not.to.equal(other);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.to.contain(SESSION.serverSessionId);
  });

  it('consists of key id, nonce, ciphertext and tag', () => {
    const nonce = Buffer.alloc(12, 9);
    const bytes = Buffer.from(
      sealSession(SESSION, KEYS, () => nonce),
      'base64url',
    );
    expect(bytes.subarray(0, 4)).to.deep.equal(KEYS.sealing.id);
    expect(bytes.subarray(4, 16)).to.deep.equal(nonce);
  });

  it('rejects a token with any bit flipped', () => {
    const bytes = Buffer.from(sealSession(SESSION, KEYS), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(openSession(altered.toString('base64url'), KEYS), `bit ${bit}`).to.equal(undefined);
    }
  });

  it('rejects a token of any session with any byte altered, cut or added', () => {
    fc.assert(
      fc.property(anySession, fc.nat(), fc.integer({ min: 1, max: 255 }), (session, at, mask) => {
        const bytes = Buffer.from(sealSession(session, KEYS), 'base64url');
        const altered = Buffer.from(bytes);
        const index = at % bytes.length;
        altered.writeUInt8(altered.readUInt8(index) ^ mask, index);
        for (const wrong of [
          altered,
          bytes.subarray(0, index),
          bytes.subarray(1),
          Buffer.concat([bytes, Buffer.from([mask])]),
        ]) {
          expect(openSession(wrong.toString('base64url'), KEYS)).to.equal(undefined);
        }
      }),
    );
  });

  it('accepts only one spelling of a token', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const extra of ['', 'x', 'xx']) {
      const token = sealSession({ ...SESSION, serverSessionId: SESSION.serverSessionId + extra }, KEYS);
      const last = token.at(-1) ?? '';
      const spellings = [...alphabet].filter(
        (character) => openSession(token.slice(0, -1) + character, KEYS) !== undefined,
      );
      expect(spellings).to.deep.equal([last]);
      for (const other of [
        `${token}=`,
        `${token}==`,
        ` ${token}`,
        `${token}\n`,
        `${token}A`,
        token.replace(/^./, '%41'),
      ]) {
        expect(openSession(other, KEYS), JSON.stringify(other.slice(-3))).to.equal(undefined);
      }
    }
    const slashed =
      Array.from({ length: 50 }, () => sealSession(SESSION, KEYS)).find((token) => /[-_]/.test(token)) ?? '';
    expect(openSession(slashed.replaceAll('-', '+').replaceAll('_', '/'), KEYS)).to.equal(undefined);
  });

  it('does not open any other text, and never throws', () => {
    const token = sealSession(SESSION, KEYS);
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b).toString('base64url')),
    );
    const id = Buffer.from(KEYS.sealing.id);
    const withOurKeyId = fc
      .uint8Array({ maxLength: 120 })
      .map((bytes) => Buffer.concat([id, bytes]).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(texts, withOurKeyId), (text) => {
        expect(openSession(text, KEYS)).to.equal(undefined);
      }),
      { numRuns: 2_000 },
    );
    expect(openSession(token.padEnd(MAX_TOKEN_LENGTH + 1, 'A'), KEYS)).to.equal(undefined);
  });

  it('opens with every key of the file, and with no key that was removed', () => {
    const old = sealSession(SESSION, keysOf(1));
    expect(openSession(old, keysOf(2, 1))).to.deep.equal(SESSION);
    expect(openSession(sealSession(SESSION, keysOf(2, 1)), keysOf(2))).to.deep.equal(SESSION);
    expect(openSession(old, keysOf(2))).to.equal(undefined);
    expect(openSession(old, keysOf(3, 2))).to.equal(undefined);
  });

  it('does not open with another key of the same id', () => {
    const other = keysOf(2);
    const token = Buffer.from(sealSession(SESSION, KEYS), 'base64url');
    other.sealing.id.copy(token);
    expect(openSession(token.toString('base64url'), other)).to.equal(undefined);
  });

  it('belongs only to the caller, tenant and backend that opened it', () => {
    const owner = fc.record({
      backend: fc.constantFrom('a', 'b', 'ab'),
      tenant: fc.constantFrom('a', 'b', ''),
      principal: fc.constantFrom(0, 1, 255).map((fill) => Buffer.alloc(16, fill)),
    });
    fc.assert(
      fc.property(owner, owner, (mine, asked) => {
        const session = openSession(sealSession({ ...SESSION, ...mine }, KEYS), KEYS);
        if (session === undefined) throw new Error('not opened');
        const same =
          mine.backend === asked.backend && mine.tenant === asked.tenant && mine.principal.equals(asked.principal);
        expect(belongsTo(session, asked)).to.equal(same);
      }),
    );
    expect(belongsTo(SESSION, { ...SESSION, principal: SESSION.principal.subarray(0, 15) })).to.equal(false);
    expect(belongsTo(SESSION, { ...SESSION, principal: Buffer.alloc(0) })).to.equal(false);
  });
});
