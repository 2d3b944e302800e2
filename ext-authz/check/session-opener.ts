import { ByteCache } from '../../core/byte-cache.ts';
import { ownerOf, type SessionRef } from '../../core/session/ended-record.ts';
import type { SessionKeys } from '../../core/session/keys.ts';
import { openSession } from '../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../core/session/session.ts';

/** Memory for opened sessions: about 10,000 usual ones. */
export const SESSION_CACHE_BYTES = 16 << 20;
/** What an opened session takes besides its sealed id and the texts in it. */
const BYTES_OF_SESSION = 1_024;

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
  readonly #opened: ByteCache<OpenedSession>;

  constructor(keys: SessionKeys, cacheBytes = SESSION_CACHE_BYTES) {
    this.#opened = new ByteCache(cacheBytes);
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
    // The texts of a session are shorter than the id that they are sealed in.
    this.#opened.set(sealed, opened, 2 * sealed.length + BYTES_OF_SESSION);
    return opened;
  }
}
