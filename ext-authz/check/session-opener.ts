import { setNewest } from '../../core/newest.ts';
import type { SessionKeys } from '../../core/session/keys.ts';
import { openSession } from '../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../core/session/session.ts';

const REMEMBERED = 10_000;

/** A session that was opened, with its fingerprint. */
export interface OpenedSession {
  session: Session;
  fingerprint: string;
}

/**
 * Opens sealed session ids and remembers the outcome of the newest ones, since a client sends the same id with every
 * request. Whom a session belongs to is asked anew each time; a change of keys forgets everything.
 */
export class SessionOpener {
  #keys: SessionKeys;
  readonly #opened = new Map<string, OpenedSession>();

  constructor(keys: SessionKeys) {
    this.#keys = keys;
  }

  /** Puts new keys in force. */
  useKeys(keys: SessionKeys): void {
    this.#keys = keys;
    this.#opened.clear();
  }

  /** The session, or undefined when no key of ours sealed it. */
  open(sealed: string): OpenedSession | undefined {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const session = openSession(sealed, this.#keys);
    if (session === undefined) return undefined;
    const opened = { session, fingerprint: sessionFingerprint(session) };
    setNewest(this.#opened, sealed, opened, REMEMBERED);
    return opened;
  }
}
