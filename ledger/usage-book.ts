import { randomUUID } from 'node:crypto';
import type { BucketReading } from '../core/quota/reading.ts';
import { spansSince, UsageLedger } from '../core/quota/usage.ts';
import type { GetQuotaResponse } from '../protos/gen/mcp_gateway/v1/GetQuotaResponse.ts';
import type { UsageReceipt } from '../protos/gen/mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport__Output } from '../protos/gen/mcp_gateway/v1/UsageReport.ts';
import type { UsageSpan } from '../protos/gen/mcp_gateway/v1/UsageSpan.ts';
import { readingsFromProto, readingToProto, rowsFromProto } from '../runtime/policy/convert-usage.ts';

/** What is known of one process that counts. */
interface Reporter {
  incarnation: string;
  sequence: number;
  /** Newest readings by tenant and key. */
  readings: Map<string, BucketReading>;
}

/** Adds up what the ext-authz processes of this gateway count. */
export class UsageBook {
  readonly #watcher = randomUUID();
  readonly #ledger = new UsageLedger();
  readonly #reporters = new Map<string, Reporter>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Adds a report, or only acknowledges one that it has already. */
  add({ process = '', incarnation = '', sequence = 0, rows, buckets }: UsageReport__Output): UsageReceipt {
    let reporter = this.#reporters.get(process);
    if (reporter?.incarnation !== incarnation) {
      // What a process had in its memory is gone with it.
      reporter = { incarnation, sequence: 0, readings: new Map() };
      this.#reporters.set(process, reporter);
    }
    if (Number(sequence) > reporter.sequence) {
      reporter.sequence = Number(sequence);
      for (const row of rowsFromProto(rows)) this.#ledger.add(row, this.#now());
      for (const reading of readingsFromProto(buckets)) {
        reporter.readings.set(`${reading.tenant}/${reading.key}`, reading);
      }
    }
    return { watcher: this.#watcher };
  }

  /** What is known of a tenant, with so many names of each kind at most. */
  answer(tenant: string, top: number): Pick<GetQuotaResponse, 'buckets' | 'spans'> {
    const { hourMs, dayMs } = spansSince(this.#now());
    const readings = [...this.#reporters.values()].flatMap((reporter) => [...reporter.readings.values()]);
    return {
      buckets: readings.filter((reading) => reading.tenant === tenant).map(readingToProto),
      spans: [this.#span(tenant, hourMs, top), this.#span(tenant, dayMs, top)],
    };
  }

  #span(tenant: string, sinceMs: number, top: number): UsageSpan {
    const { all, users, backends, tools } = this.#ledger.summary(tenant, sinceMs, top);
    const [whole] = all;
    return {
      ...{ sinceMs, users: [...users], backends: [...backends], tools: [...tools] },
      ...(whole === undefined ? {} : { all: whole.count }),
    };
  }
}
