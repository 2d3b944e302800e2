import { expect } from 'chai';
import fc from 'fast-check';
import { decodeSession, encodeSession, sessionFingerprint } from '../../../core/session/session.ts';
import { anySession, SESSION } from './arbitrary.ts';

describe('core/session/session', () => {
  it('is packed and unpacked without loss', () => {
    fc.assert(
      fc.property(anySession, (session) => {
        expect(decodeSession(encodeSession(session))).to.deep.equal(session);
      }),
    );
  });

  it('is packed as format, time, principal, serial and five strings with their lengths', () => {
    const head = `02${(1_700_000_000).toString(16).padStart(8, '0')}${'05'.repeat(16)}${'06'.repeat(8)}`;
    const texts = ['everything', 'engineering', 'everything-0', '1-2', 'a1b2'].map(
      (text) => Buffer.from(text).length.toString(16).padStart(4, '0') + Buffer.from(text).toString('hex'),
    );
    expect(encodeSession(SESSION).toString('hex')).to.equal(head + texts.join(''));
  });

  it('is undefined if bytes are missing, too many, or of another format', () => {
    const bytes = encodeSession(SESSION);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSession(bytes.subarray(0, length)), `${length} bytes`).to.equal(undefined);
    }
    expect(decodeSession(Buffer.concat([bytes, Buffer.alloc(1)]))).to.equal(undefined);
    expect(decodeSession(Buffer.concat([bytes, Buffer.alloc(2)]))).to.equal(undefined);
    expect(decodeSession(Buffer.concat([Buffer.from([1]), bytes.subarray(1)]))).to.equal(undefined);
  });

  it('is unpacked from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        decodeSession(Buffer.from(bytes));
      }),
    );
  });

  it('cannot be packed if a part does not fit', () => {
    for (const part of [
      { principal: Buffer.alloc(0) },
      { principal: Buffer.alloc(17) },
      { serial: Buffer.alloc(7) },
      { endpoint: 'x'.repeat(65_536) },
      { issuedAtSeconds: -1 },
    ]) {
      expect(() => encodeSession({ ...SESSION, ...part }), Object.keys(part)[0]).to.throw(RangeError);
    }
  });

  it('has a fingerprint that depends on all of its content', () => {
    const fingerprint = sessionFingerprint(SESSION);
    expect(fingerprint).to.match(/^[0-9a-f]{32}$/);
    expect(sessionFingerprint({ ...SESSION })).to.equal(fingerprint);
    for (const key of ['backend', 'tenant', 'endpoint', 'incarnation', 'serverSessionId'] as const) {
      expect(sessionFingerprint({ ...SESSION, [key]: 'other' }), key).not.to.equal(fingerprint);
    }
    const { issuedAtSeconds } = SESSION;
    expect(sessionFingerprint({ ...SESSION, issuedAtSeconds: issuedAtSeconds + 1 })).not.to.equal(fingerprint);
    expect(sessionFingerprint({ ...SESSION, principal: Buffer.alloc(16, 9) })).not.to.equal(fingerprint);
    expect(sessionFingerprint({ ...SESSION, serial: Buffer.alloc(8, 9) })).not.to.equal(fingerprint);
    // Moving a character from one part to the next makes another session.
    expect(sessionFingerprint({ ...SESSION, backend: 'ab', tenant: 'c' })).not.to.equal(
      sessionFingerprint({ ...SESSION, backend: 'a', tenant: 'bc' }),
    );
  });
});
