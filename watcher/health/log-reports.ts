import type { LogReport } from '../../protos/gen/mcp_gateway/v1/LogReport.ts';

/** A report that was not repeated for this long is dropped: its process ended or has no more trouble. */
const FORGET_AFTER_MS = 60_000;
const MAX_PROCESSES = 1_000;

/** What the processes of the gateway report of their logs. */
export class LogReports {
  readonly #reports = new Map<string, { report: LogReport; atMs: number }>();
  readonly #now: () => number;

  /** @param now milliseconds of any clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes a report. A later one of the same process replaces it. */
  add(report: LogReport): void {
    const { process = '', logs = [] } = report;
    const isFull = this.#reports.size >= MAX_PROCESSES && !this.#reports.has(process);
    if (logs.length === 0) this.#reports.delete(process);
    else if (!isFull) this.#reports.set(process, { report, atMs: this.#now() });
  }

  /** The reports that count now, by name of the process. */
  current(): LogReport[] {
    const nowMs = this.#now();
    for (const [process, { atMs }] of this.#reports) {
      if (nowMs - atMs > FORGET_AFTER_MS) this.#reports.delete(process);
    }
    const reports = [...this.#reports.values()].map(({ report }) => report);
    return reports.sort(({ process: a = '' }, { process: b = '' }) => (a < b ? -1 : 1));
  }
}
