import { setNewest } from '../../core/newest.ts';
import { ownerOf, type SessionRef } from '../../core/session/ended-record.ts';
import type { SessionKeys } from '../../core/session/keys.ts';
import { openSession } from '../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../core/session/session.ts';

/** Sessions that are kept; the oldest is dropped first. */
const MAX_OPENED = 10_000;

/** A session that was opened. */
export interface OpenedSession {
  session: Session;
  ref: SessionRef;
}

/**
 * Opens sealed session ids. The newest sessions are cached, because a client sends the same id with every request. Whether a session
 * belongs to the caller is not cached. New keys clear the cache.
 */
export class SessionOpener {
  #keys: SessionKeys;
  readonly #opened = new Map<string, OpenedSession>();

  constructor(keys: SessionKeys) {
    this.#keys = keys;
  }

  /** Applies new keys. */
  useKeys(keys: SessionKeys): void {
    this.#keys = keys;
    this.#opened.clear();
  }

  /** The session; undefined if none of the keys sealed it. */
  open(sealed: string): OpenedSession | undefined {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const session = openSession(sealed, this.#keys);
    if (session === undefined) return undefined;
    const { issuedAtSeconds } = session;
    const ref = { fingerprint: sessionFingerprint(session), owner: ownerOf(session), issuedAtSeconds };
    const opened = { session, ref };
    setNewest(this.#opened, sealed, opened, MAX_OPENED);
    return opened;
  }
}
