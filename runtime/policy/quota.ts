import { credentials } from '@grpc/grpc-js';
import type { Quota } from '../../core/quota/quota.ts';
import type { BucketReading } from '../../core/quota/reading.ts';
import type { UsageCount } from '../../core/quota/usage.ts';
import type { GetQuotaResponse__Output } from '../../protos/gen/mcp_gateway/v1/GetQuotaResponse.ts';
import type { NamedUsage__Output } from '../../protos/gen/mcp_gateway/v1/NamedUsage.ts';
import { usageClient } from '../../protos/load.ts';
import { unaryOnce } from '../grpc/unary.ts';
import { quotaFromProto } from './convert-quota.ts';
import { countFromProto, readingsFromProto } from './convert-usage.ts';

const TIMEOUT_MS = 2_000;

/** The usage of one user, backend or tool. */
export interface NamedUsage {
  name: string;
  count: UsageCount;
}

/** The usage since a point in time. */
export interface UsageSpan {
  /** Milliseconds since the epoch. */
  sinceMs: number;
  all: UsageCount;
  users: NamedUsage[];
  backends: NamedUsage[];
  tools: NamedUsage[];
}

/** The quota of a tenant that is in force, and its usage at this gateway. */
export interface QuotaState {
  /** Names of all tenants. */
  tenants: readonly string[];
  /** Names of all backends. */
  backends: readonly string[];
  /** Undefined: the tenant has no quota, or does not exist. */
  quota: Quota | undefined;
  readings: readonly BucketReading[];
  lastHour: UsageSpan;
  lastDay: UsageSpan;
  /** Whether buckets are kept in Redis. */
  redis: boolean;
  /** Number of ext-authz processes of all gateways. */
  processes: number;
  /** Number of those that are running; undefined if unknown. */
  running?: number;
}

/** Asks the watcher on a Unix socket for the quota of a tenant. Rejects if it does not answer within 2 s. */
export async function askQuota(socket: string, tenant: string, top: number): Promise<QuotaState> {
  const client = new (usageClient())(`unix:${socket}`, credentials.createInsecure());
  const response = await unaryOnce<typeof client, GetQuotaResponse__Output>(client, (service, callback) =>
    service.GetQuota({ tenant, top }, { deadline: Date.now() + TIMEOUT_MS }, callback),
  );
  return stateFromProto(response);
}

function stateFromProto(response: GetQuotaResponse__Output): QuotaState {
  const [lastHour, lastDay] = (response.spans ?? []).map(({ sinceMs = 0, all, users, backends, tools }) => ({
    sinceMs: Number(sinceMs),
    all: countFromProto(all),
    users: named(users),
    backends: named(backends),
    tools: named(tools),
  }));
  if (lastHour === undefined || lastDay === undefined) throw new Error('the watcher returned no usage');
  return {
    tenants: response.tenants ?? [],
    backends: response.backends ?? [],
    quota: response.quota ? quotaFromProto(response.quota) : undefined,
    readings: readingsFromProto(response.buckets),
    lastHour,
    lastDay,
    redis: response.redis ?? false,
    processes: response.processes ?? 1,
  };
}

function named(list: readonly NamedUsage__Output[] | undefined): NamedUsage[] {
  return (list ?? []).map(({ name = '', count }) => ({ name, count: countFromProto(count) }));
}
