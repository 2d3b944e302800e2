import { createHash } from 'node:crypto';
import { KEY_WORDS } from './record-index.ts';
import type { Session } from './session.ts';

/** Bytes of a packed ended session. */
export const RECORD_BYTES = 40;
/** Words of 32 bits of it: the fingerprint, the owner, the time of issue, the time until which it is kept. */
export const RECORD_WORDS = RECORD_BYTES / 4;
/** Places of the parts in these words. */
export const WORD = { fingerprint: 0, owner: KEY_WORDS, issued: 2 * KEY_WORDS, forget: 2 * KEY_WORDS + 1 } as const;

/** The last time that fits into a word, in the year 2106. */
export const MAX_SECONDS = 0xffff_ffff;

const HEX_DIGITS = 32;

/** What ended sessions are recognized by. */
export interface SessionRef {
  /** See `sessionFingerprint`: 32 hex digits. */
  fingerprint: string;
  /** See {@link ownerOf}: 32 hex digits. */
  owner: string;
  /** When the session was opened, in whole seconds since the epoch. */
  issuedAtSeconds: number;
}

/** A session that was ended before its time. */
export interface EndedSession extends SessionRef {
  /** When the session would have expired, in seconds since the epoch. It may be forgotten then. */
  forgetAtSeconds: number;
}

/** An opaque name of a caller, as a member of its tenant, at a backend: 16 bytes of SHA-256, in hex. */
export function ownerOf({ tenant, principal, backend }: Pick<Session, 'tenant' | 'principal' | 'backend'>): string {
  const hash = createHash('sha256').update(principal).update(`${tenant}\0${backend}`);
  return hash.digest('hex').slice(0, HEX_DIGITS);
}

/** Packs an ended session: its words in network byte order. */
export function packEnded(session: EndedSession): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  for (const [index, word] of wordsOfEnded(session).entries()) bytes.writeUInt32BE(word, 4 * index);
  return bytes;
}

/** The words of an ended session. */
export function wordsOfEnded({ issuedAtSeconds, forgetAtSeconds, ...session }: EndedSession): Uint32Array {
  const words = new Uint32Array(RECORD_WORDS);
  putHex(words, WORD.fingerprint, session.fingerprint);
  putHex(words, WORD.owner, session.owner);
  words[WORD.issued] = issuedAtSeconds;
  words[WORD.forget] = Math.min(Math.ceil(forgetAtSeconds), MAX_SECONDS);
  return words;
}

/** Writes 32 hex digits as words to a place. */
export function putHex(words: Uint32Array, at: number, hex: string): void {
  for (let word = 0; word < KEY_WORDS; word += 1) {
    words[at + word] = Number.parseInt(hex.slice(8 * word, 8 * word + 8), 16);
  }
}
