import { randomUUID } from 'node:crypto';
import type { BucketReading } from '../core/quota/reading.ts';
import { spansSince, type UsageCount, UsageLedger } from '../core/quota/usage.ts';
import type { GetQuotaResponse } from '../protos/gen/mcp_gateway/v1/GetQuotaResponse.ts';
import type { NamedUsage } from '../protos/gen/mcp_gateway/v1/NamedUsage.ts';
import type { UsageReceipt } from '../protos/gen/mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport__Output } from '../protos/gen/mcp_gateway/v1/UsageReport.ts';
import type { UsageSpan } from '../protos/gen/mcp_gateway/v1/UsageSpan.ts';
import { countToProto, readingsFromProto, readingToProto, rowsFromProto } from '../runtime/policy/convert-usage.ts';

/** The state of a process that reports. */
interface Reporter {
  incarnation: string;
  /** Number of its latest report. */
  sequence: number;
  /** Its newest readings by tenant and key. */
  readings: Map<string, BucketReading>;
}

/** Adds up the reports of the ext-authz processes of this gateway. */
export class UsageBook {
  readonly #incarnation = randomUUID();
  readonly #ledger = new UsageLedger();
  readonly #reporters = new Map<string, Reporter>();
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Adds a report. One that was added before is only acknowledged. */
  add({ process = '', incarnation = '', sequence = 0, rows, buckets }: UsageReport__Output): UsageReceipt {
    let reporter = this.#reporters.get(process);
    if (reporter?.incarnation !== incarnation) {
      // The process has restarted, and its own buckets were in its memory.
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
    return { incarnation: this.#incarnation };
  }

  /** The readings and the usage of a tenant, with at most `top` names of each kind. */
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
      sinceMs,
      users: users.map(namedToProto),
      backends: backends.map(namedToProto),
      tools: tools.map(namedToProto),
      ...(whole === undefined ? {} : { all: countToProto(whole.count) }),
    };
  }
}

function namedToProto({ name, count }: { name: string; count: UsageCount }): NamedUsage {
  return { name, count: countToProto(count) };
}
