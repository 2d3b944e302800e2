/** So many seconds' worth of lines may come in a burst. */
const BURST_SECONDS = 60;

/** One line of the audit log for many denials without a line of their own: those of callers without a verified token. */
export interface OmittedRecord {
  event: 'denials-omitted';
  reason: string;
  /** Number of denials since the last such line. */
  count: number;
}

/**
 * Decides which denials of callers without an identity get a line in the audit log, so that these callers cannot fill a disk. Each
 * reason has its own budget: a number of lines per second, of which those of a minute may come at once. The others are counted.
 */
export class DenialSampler {
  readonly #budgets = new Map<string, { lines: number; atMs: number }>();
  readonly #omitted = new Map<string, number>();
  #total = 0;

  /** Number of denials that got no line, since the start. */
  get total(): number {
    return this.#total;
  }

  /** Whether a denial gets a line. Counts it if not. */
  admit(reason: string, perSecond: number, nowMs: number): boolean {
    const most = perSecond * BURST_SECONDS;
    const budget = this.#budgets.get(reason) ?? { lines: most, atMs: nowMs };
    const earned = (Math.max(0, nowMs - budget.atMs) / 1_000) * perSecond;
    const lines = Math.min(most, budget.lines + earned);
    const admitted = lines >= 1;
    this.#budgets.set(reason, { lines: admitted ? lines - 1 : lines, atMs: nowMs });
    if (!admitted) {
      this.#total += 1;
      this.#omitted.set(reason, (this.#omitted.get(reason) ?? 0) + 1);
    }
    return admitted;
  }

  /** A line for each reason for which denials were omitted since the last call. */
  take(): OmittedRecord[] {
    const records = [...this.#omitted].map(([reason, count]) => ({ event: 'denials-omitted' as const, reason, count }));
    this.#omitted.clear();
    return records;
  }
}
