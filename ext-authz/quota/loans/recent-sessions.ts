import { setNewest } from '../../../core/newest.ts';
import type { SessionRef } from '../../../core/session/ended-record.ts';

/** Time within which another request of a session is likely. */
const RECENT_MS = 10_000;
/** With more sessions, none are looked up in advance, which would cost more than it saves. */
const MAX_RECENT = 256;

/** The sessions of the latest requests of a group. */
export class RecentSessions {
  /** By fingerprint, with the time of the last request. Least recently seen first. */
  readonly #seen = new Map<string, { session: SessionRef; seenMs: number }>();

  /** Records a request that passed. */
  note(session: SessionRef, nowMs: number): void {
    // One entry above the maximum shows that there are too many.
    setNewest(this.#seen, session.fingerprint, { session, seenMs: nowMs }, MAX_RECENT + 1);
  }

  /** The sessions to look up in advance; none if there are too many. */
  all(nowMs: number): SessionRef[] {
    for (const [fingerprint, { seenMs }] of this.#seen) {
      if (nowMs - seenMs < RECENT_MS) break;
      this.#seen.delete(fingerprint);
    }
    return this.#seen.size > MAX_RECENT ? [] : [...this.#seen.values()].map(({ session }) => session);
  }

  /** Whether {@link all} contains a session. */
  has({ fingerprint }: SessionRef): boolean {
    return this.#seen.size <= MAX_RECENT && this.#seen.has(fingerprint);
  }

  /** Removes a session until its next request passes. */
  forget({ fingerprint }: SessionRef): void {
    this.#seen.delete(fingerprint);
  }
}
