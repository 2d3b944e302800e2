import { setNewest } from '../../../core/newest.ts';

/** Time within which another request of a session is likely. */
const RECENT_MS = 10_000;
/** With more sessions, none are looked up in advance, which would cost more than it saves. */
const MAX_RECENT = 256;

/** The sessions of the latest requests of a group. */
export class RecentSessions {
  /** Fingerprint to time of its last request, least recently seen first. */
  readonly #seen = new Map<string, number>();

  /** Records a request that passed. */
  note(session: string, nowMs: number): void {
    // One entry above the maximum shows that there are too many.
    setNewest(this.#seen, session, nowMs, MAX_RECENT + 1);
  }

  /** The sessions to look up in advance; none if there are too many. */
  all(nowMs: number): string[] {
    for (const [session, seenMs] of this.#seen) {
      if (nowMs - seenMs < RECENT_MS) break;
      this.#seen.delete(session);
    }
    return this.#seen.size > MAX_RECENT ? [] : [...this.#seen.keys()];
  }

  /** Whether {@link all} contains a session. */
  has(session: string): boolean {
    return this.#seen.size <= MAX_RECENT && this.#seen.has(session);
  }

  /** Removes a session until its next request passes. */
  forget(session: string): void {
    this.#seen.delete(session);
  }
}
