import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSessionKeys, type SessionKeys } from '../../../core/session/keys.ts';
import { openSession, sealSession } from '../../../core/session/seal.ts';
import type { Session } from '../../../core/session/session.ts';
import type { Ground } from './set-up.ts';

export const bytesOf = (sealed: string) => Buffer.from(sealed, 'base64url');

/** The keys in the text of a key file. */
export function keysOf(text: string): SessionKeys {
  const parsed = parseSessionKeys(text, 'keys');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const keysOfGateway = ({ gateway }: Ground) => keysOf(readFileSync(join(gateway.stateDir, 'session-keys'), 'utf8'));

/** The content of a sealed id, which no client can read. */
export function opened(at: Ground, sealed: string): Session {
  const session = openSession(sealed, keysOfGateway(at));
  if (session === undefined) throw new Error('not sealed by this gateway');
  return session;
}

/** The content of a sealed id, sealed again with changes or with other keys. */
export function forge(at: Ground, sealed: string, change: Partial<Session> = {}, keys = keysOfGateway(at)): string {
  return sealSession({ ...opened(at, sealed), ...change }, keys);
}

/** A sealed id with one bit changed, of the byte at this place; below zero it counts from the end. */
export function flipped(sealed: string, at: number): string {
  const bytes = bytesOf(sealed);
  const place = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return bytes.toString('base64url');
}
