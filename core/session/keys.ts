import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import type { Parsed, Problem } from '../document/problems.ts';

/** Length of the key id at the beginning of every sealed session. */
export const KEY_ID_BYTES = 4;

/** A key that seals and opens sessions. */
export interface SessionKey {
  /** The first 4 bytes of SHA-256 over the key. Identifies the key that opens a token, so that not all have to be tried. */
  id: Buffer;
  key: KeyObject;
}

/** The session keys of a gateway: the first seals, all of them open. */
export interface SessionKeys {
  sealing: SessionKey;
  /** By key id as a 32-bit number. */
  byId: ReadonlyMap<number, SessionKey>;
}

/**
 * Parses a key file: one key per line, 32 bytes in base64 or base64url. Empty lines and lines that start with # are ignored.
 * To rotate, put a new key first and remove the old one once the last session sealed with it has ended.
 */
export function parseSessionKeys(text: string, source: string): Parsed<SessionKeys> {
  const problems: Problem[] = [];
  const keys: SessionKey[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const bytes = /^[A-Za-z0-9+/_-]+={0,2}$/.test(line) ? Buffer.from(line, 'base64') : Buffer.alloc(0);
    if (bytes.length !== 32) {
      problems.push({
        source,
        path: '',
        line: index + 1,
        message: 'must be 32 bytes in base64 (openssl rand -base64 32)',
      });
      continue;
    }
    const key = sessionKey(bytes);
    if (keys.some((other) => other.id.equals(key.id))) {
      problems.push({ source, path: '', line: index + 1, message: 'the same key is listed above' });
    }
    keys.push(key);
  }
  const [sealing] = keys;
  if (sealing === undefined && problems.length === 0) {
    problems.push({
      source,
      path: '',
      message: 'contains no key: add a line with 32 bytes in base64 (openssl rand -base64 32)',
    });
  }
  if (sealing === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { sealing, byId: new Map(keys.map((key) => [key.id.readUInt32BE(), key])) } };
}

/** New keys that seal with the same key as before, if it is still one of them. */
export function sealingAsBefore(changed: SessionKeys, before: SessionKeys): SessionKeys {
  return { ...changed, sealing: changed.byId.get(before.sealing.id.readUInt32BE()) ?? changed.sealing };
}

function sessionKey(bytes: Buffer): SessionKey {
  return { id: createHash('sha256').update(bytes).digest().subarray(0, KEY_ID_BYTES), key: createSecretKey(bytes) };
}
