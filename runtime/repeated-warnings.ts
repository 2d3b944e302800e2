import type { Logger } from './log.ts';

/** Options of {@link RepeatedWarnings}. */
export interface RepeatedWarningsOptions {
  /** Least time between two lines of one subject. Default 60 s. */
  everyMs?: number;
  /** Maximum number of subjects that are remembered. Default 1,000. */
  maxSubjects?: number;
  /** Milliseconds on any steady clock. */
  now?: () => number;
}

/**
 * Logs warnings that a peer can cause as often as it likes: the first one of a subject immediately, and after that one line each minute
 * with the number of those in between. When there are too many subjects, the oldest is forgotten.
 */
export class RepeatedWarnings {
  readonly #log: Logger;
  readonly #everyMs: number;
  readonly #maxSubjects: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { loggedAtMs: number; repeated: number }>();

  constructor(
    log: Logger,
    { everyMs = 60_000, maxSubjects = 1_000, now = () => performance.now() }: RepeatedWarningsOptions = {},
  ) {
    this.#log = log;
    this.#everyMs = everyMs;
    this.#maxSubjects = maxSubjects;
    this.#now = now;
  }

  /** Logs a warning about a subject, or only counts it. The line has `repeated` if warnings were counted since the last one. */
  warn(subject: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const nowMs = this.#now();
    const seen = this.#seen.get(subject);
    if (seen !== undefined && nowMs - seen.loggedAtMs < this.#everyMs) {
      seen.repeated += 1;
      return;
    }
    const repeated = seen?.repeated ?? 0;
    this.#log.warn({ ...fields, ...(repeated === 0 ? {} : { repeated }) } as Record<string, unknown>, message);
    this.#seen.delete(subject);
    this.#seen.set(subject, { loggedAtMs: nowMs, repeated: 0 });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#maxSubjects && oldest !== undefined) this.#seen.delete(oldest);
  }
}
