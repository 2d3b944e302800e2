import { setNewest } from '../../../core/newest.ts';

/** A session is likely to come again within this time. */
const RECENT_MS = 10_000;
/** With more of them nothing is known ahead of time: to ask about all would cost more than it saves. */
const MAX_RECENT = 256;

/** Sessions of which requests of a kind came lately. */
export class RecentSessions {
  /** With the time of the newest request; that of which was heard longest ago comes first. */
  readonly #seen = new Map<string, number>();

  /** Notes down a request that passed. */
  note(session: string, nowMs: number): void {
    // One too many tells that there are too many.
    setNewest(this.#seen, session, nowMs, MAX_RECENT + 1);
  }

  /** Those that are worth asking about; none where there are too many. */
  all(nowMs: number): string[] {
    for (const [session, seenMs] of this.#seen) {
      if (nowMs - seenMs < RECENT_MS) break;
      this.#seen.delete(session);
    }
    return this.#seen.size > MAX_RECENT ? [] : [...this.#seen.keys()];
  }

  /** Whether {@link all} has it. */
  has(session: string): boolean {
    return this.#seen.size <= MAX_RECENT && this.#seen.has(session);
  }

  /** Takes one out until it passes again. */
  forget(session: string): void {
    this.#seen.delete(session);
  }
}
