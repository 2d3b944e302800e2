import { randomUUID } from 'node:crypto';
import type { BucketReading } from '../../core/quota/reading.ts';
import { type UsageEvent, UsageLedger, type UsageRow } from '../../core/quota/usage.ts';
import type { UsageReceipt__Output } from '../../protos/gen/mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport } from '../../protos/gen/mcp_gateway/v1/UsageReport.ts';
import { readingToProto, rowToProto } from '../../runtime/policy/convert-usage.ts';

const REPORT_MS = 1_000;
/** Maximum number of rows in a report, which keeps it well below the gRPC limit of 4 MiB per message. */
const MAX_ROWS = 5_000;

/** What a meter needs. */
export interface UsageMeterOptions {
  /** Name of this process; its successor has the same name. */
  process: string;
  /** Sends a report to the watcher. Rejects if it does not answer. */
  send: (report: UsageReport) => Promise<UsageReceipt__Output>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Counts requests, and reports new counts to the watcher every second. Counts that the watcher has not received are kept and sent later.
 * A restarted watcher gets all counts of the last day.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  readonly #incarnation = randomUUID();
  readonly #timer: NodeJS.Timeout;
  /** Counts that are not in a report yet. */
  #fresh = new UsageLedger();
  #freshReadings = new Map<string, BucketReading>();
  /** Counts that the watcher has received. */
  #reported = new UsageLedger();
  readonly #reportedReadings = new Map<string, BucketReading>();
  /** The report without an answer yet. It is sent unchanged until it is answered, so that nothing is counted twice. */
  #pending: { sequence: number; rows: UsageRow[]; readings: BucketReading[] } | undefined;
  #sequence = 0;
  #watcher: string | undefined;
  #flushing: Promise<void> | undefined;

  constructor(options: UsageMeterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), REPORT_MS);
  }

  /** Counts a request, and keeps the bucket states that it returned. */
  count(event: UsageEvent, readings: readonly BucketReading[]): void {
    this.#fresh.count(event, this.#now());
    for (const reading of readings) this.#freshReadings.set(keyOf(reading), reading);
  }

  /** Reports to the watcher. Never rejects: counts that were not received are sent later. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Sends a last report to the watcher. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.flush();
  }

  // Also reports if there is nothing new, since the answer shows whether the watcher was restarted.
  async #flush(): Promise<void> {
    this.#pending ??= this.#next();
    const { sequence, rows, readings } = this.#pending;
    const { process, send } = this.#options;
    try {
      const messages = { rows: rows.map(rowToProto), buckets: readings.map(readingToProto) };
      const receipt = await send({ process, incarnation: this.#incarnation, sequence, ...messages });
      const watcher = receipt.incarnation ?? '';
      if (this.#watcher !== undefined && watcher !== this.#watcher) this.#reportAgain();
      this.#watcher = watcher;
    } catch {
      return;
    }
    this.#pending = undefined;
    for (const row of rows) this.#reported.add(row, this.#now());
    for (const reading of readings) this.#reportedReadings.set(keyOf(reading), reading);
  }

  // Takes only as much as fits into a message. The rest is for the next report.
  #next(): { sequence: number; rows: UsageRow[]; readings: BucketReading[] } {
    const rows = this.#fresh.rows();
    const readings = [...this.#freshReadings.values()];
    this.#fresh = new UsageLedger();
    for (const row of rows.splice(MAX_ROWS)) this.#fresh.add(row, this.#now());
    this.#freshReadings = new Map(readings.splice(MAX_ROWS).map((reading) => [keyOf(reading), reading]));
    return { sequence: ++this.#sequence, rows, readings };
  }

  #reportAgain(): void {
    for (const row of this.#reported.rows()) this.#fresh.add(row, this.#now());
    this.#reported = new UsageLedger();
    this.#freshReadings = new Map([...this.#reportedReadings, ...this.#freshReadings]);
    this.#reportedReadings.clear();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function keyOf({ tenant, key }: BucketReading): string {
  return `${tenant}/${key}`;
}
