import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { PRINCIPAL_BYTES } from '../../../core/identity/principal.ts';
import type { EndedSession, SessionRef } from '../../../core/session/ended-record.ts';
import { parseSessionKeys, type SessionKeys } from '../../../core/session/keys.ts';
import { MAX_SERVER_SESSION_ID_LENGTH } from '../../../core/session/seal.ts';
import { SERIAL_BYTES, type Session } from '../../../core/session/session.ts';

/** Keys that repeat one byte each; the first seals. */
export function keysOf(...fills: number[]): SessionKeys {
  const text = fills.map((fill) => Buffer.alloc(32, fill).toString('base64')).join('\n');
  const parsed = parseSessionKeys(text, 'test');
  if (!parsed.ok) throw new Error('bad keys');
  return parsed.value;
}

const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });

/** Any session within the limits of its parts, of any characters. */
export const anySession: fc.Arbitrary<Session> = fc.record({
  backend: text(63),
  tenant: text(63),
  principal: fc
    .uint8Array({ minLength: PRINCIPAL_BYTES, maxLength: PRINCIPAL_BYTES })
    .map((bytes) => Buffer.from(bytes)),
  endpoint: text(253),
  incarnation: text(128),
  serverSessionId: fc.oneof(text(64), text(MAX_SERVER_SESSION_ID_LENGTH)),
  issuedAtSeconds: fc.nat(0xffff_ffff),
  serial: fc.uint8Array({ minLength: SERIAL_BYTES, maxLength: SERIAL_BYTES }).map((bytes) => Buffer.from(bytes)),
});

/** A session, for tests that change a part of it. */
export const SESSION: Session = {
  backend: 'everything',
  tenant: 'engineering',
  principal: Buffer.alloc(PRINCIPAL_BYTES, 5),
  endpoint: 'everything-0',
  incarnation: '1-2',
  serverSessionId: 'a1b2',
  issuedAtSeconds: 1_700_000_000,
  serial: Buffer.alloc(SERIAL_BYTES, 6),
};

/** 32 hex digits that depend on a text. */
export const hexOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** What a session with this name is recognized by. All have the same owner. */
export const refOf = (name: string): SessionRef => {
  return { fingerprint: hexOf(name), owner: hexOf('owner'), issuedAtSeconds: 1_700_000_000 };
};

/** An ended session with this name. */
export const endedOf = (name: string, forgetAtSeconds: number, more: Partial<SessionRef> = {}): EndedSession => {
  return { ...refOf(name), ...more, forgetAtSeconds };
};
