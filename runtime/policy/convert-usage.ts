import type { BucketReading } from '../../core/quota/reading.ts';
import { USAGE_KINDS, type UsageCount, type UsageRow } from '../../core/quota/usage.ts';
import type {
  BucketReading__Output,
  BucketReading as ReadingMessage,
} from '../../protos/gen/mcp_gateway/v1/BucketReading.ts';
import type { UsageCount as CountMessage, UsageCount__Output } from '../../protos/gen/mcp_gateway/v1/UsageCount.ts';
import type { UsageRow as RowMessage, UsageRow__Output } from '../../protos/gen/mcp_gateway/v1/UsageRow.ts';

/** A count from a message. */
export function countFromProto(count: UsageCount__Output | null | undefined): UsageCount {
  const { requests = 0, cost = 0, denied = 0, wouldDeny = 0 } = count ?? {};
  return {
    requests: Number(requests),
    cost: Number(cost),
    refused: Number(denied),
    wouldRefuse: Number(wouldDeny),
  };
}

/** A count as a message. */
export function countToProto({ requests, cost, refused, wouldRefuse }: UsageCount): CountMessage {
  return { requests, cost, denied: refused, wouldDeny: wouldRefuse };
}

/** A row as a message. */
export function rowToProto({ tenant, kind, name, windowMs, count }: UsageRow): RowMessage {
  return { tenant, kind, name, windowMs, count: countToProto(count) };
}

/** The rows of a report. Rows of an unknown kind are ignored. */
export function rowsFromProto(rows: readonly UsageRow__Output[] | undefined): UsageRow[] {
  return (rows ?? []).flatMap(({ tenant = '', kind, name = '', windowMs = 0, count }) => {
    const known = USAGE_KINDS.find((candidate) => candidate === kind);
    return known === undefined
      ? []
      : [{ tenant, kind: known, name, windowMs: Number(windowMs), count: countFromProto(count) }];
  });
}

/** Readings from messages. */
export function readingsFromProto(readings: readonly BucketReading__Output[] | undefined): BucketReading[] {
  return (readings ?? []).map(({ tenant = '', key = '', level = 0, periodMs = 0, atMs = 0, shared = false }) => ({
    ...{ tenant, key, shared },
    level: Number(level),
    periodMs: Number(periodMs),
    atMs: Number(atMs),
  }));
}

/** A reading as a message. */
export function readingToProto({ tenant, key, level, periodMs, atMs, shared }: BucketReading): ReadingMessage {
  return { tenant, key, level, periodMs, atMs, shared };
}
