import { randomUUID } from 'node:crypto';
import type { BucketReading } from '../../core/quota/reading.ts';
import { type UsageEvent, UsageLedger, type UsageRow } from '../../core/quota/usage.ts';
import type { UsageReceipt__Output } from '../../protos/gen/mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport } from '../../protos/gen/mcp_gateway/v1/UsageReport.ts';
import { readingToProto, rowToProto } from '../../runtime/policy/convert-usage.ts';

const REPORT_MS = 1_000;
/** So that a report is well below the 4 MiB that a message may have. */
const MAX_ROWS = 5_000;

/** What a meter needs. */
export interface UsageMeterOptions {
  /** This process; its successor has the same name. */
  process: string;
  /** Tells the watcher. Rejects where it does not answer. */
  send: (report: UsageReport) => Promise<UsageReceipt__Output>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Counts what is asked for, and tells the watcher each second what is new. What a watcher did not take is kept for it; one that was
 * started anew is told everything of the last day.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  readonly #incarnation = randomUUID();
  readonly #timer: NodeJS.Timeout;
  /** What is not on its way yet. */
  #fresh = new UsageLedger();
  #freshReadings = new Map<string, BucketReading>();
  /** What the watcher has. */
  #told = new UsageLedger();
  readonly #toldReadings = new Map<string, BucketReading>();
  /** What is on its way: the same until it is answered, so that nothing is added twice. */
  #underWay: { sequence: number; rows: UsageRow[]; readings: BucketReading[] } | undefined;
  #sequence = 0;
  #watcher: string | undefined;
  #flushing: Promise<void> | undefined;

  constructor(options: UsageMeterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), REPORT_MS);
  }

  /** Counts a request, and remembers what it learned of its buckets. */
  count(event: UsageEvent, readings: readonly BucketReading[]): void {
    this.#fresh.count(event, this.#now());
    for (const reading of readings) this.#freshReadings.set(keyOf(reading), reading);
  }

  /** Tells the watcher what is new. Never rejects: what is not taken is told later. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Tells the watcher a last time. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.flush();
  }

  // Also where there is nothing new: that tells whether it is still the same watcher.
  async #flush(): Promise<void> {
    this.#underWay ??= this.#next();
    const { sequence, rows, readings } = this.#underWay;
    const { process, send } = this.#options;
    try {
      const messages = { rows: rows.map(rowToProto), buckets: readings.map(readingToProto) };
      const receipt = await send({ process, incarnation: this.#incarnation, sequence, ...messages });
      const watcher = receipt.incarnation ?? '';
      if (this.#watcher !== undefined && watcher !== this.#watcher) this.#tellAgain();
      this.#watcher = watcher;
    } catch {
      return;
    }
    this.#underWay = undefined;
    for (const row of rows) this.#told.add(row, this.#now());
    for (const reading of readings) this.#toldReadings.set(keyOf(reading), reading);
  }

  // No more than fits into a message; the rest is for the next one.
  #next(): { sequence: number; rows: UsageRow[]; readings: BucketReading[] } {
    const rows = this.#fresh.rows();
    const readings = [...this.#freshReadings.values()];
    this.#fresh = new UsageLedger();
    for (const row of rows.splice(MAX_ROWS)) this.#fresh.add(row, this.#now());
    this.#freshReadings = new Map(readings.splice(MAX_ROWS).map((reading) => [keyOf(reading), reading]));
    return { sequence: ++this.#sequence, rows, readings };
  }

  #tellAgain(): void {
    for (const row of this.#told.rows()) this.#fresh.add(row, this.#now());
    this.#told = new UsageLedger();
    this.#freshReadings = new Map([...this.#toldReadings, ...this.#freshReadings]);
    this.#toldReadings.clear();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function keyOf({ tenant, key }: BucketReading): string {
  return `${tenant}/${key}`;
}
