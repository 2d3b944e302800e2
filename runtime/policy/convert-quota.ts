import type { Limit } from '../../core/quota/bucket.ts';
import type { CostRule, Quota, QuotaRule, Selector } from '../../core/quota/quota.ts';
import type { Limit__Output, Limit as LimitMessage } from '../../protos/gen/mcp_gateway/v1/Limit.ts';
import type { Quota__Output, Quota as QuotaMessage } from '../../protos/gen/mcp_gateway/v1/Quota.ts';
import type { Selector__Output, Selector as SelectorMessage } from '../../protos/gen/mcp_gateway/v1/Selector.ts';
import { someOf } from './convert.ts';

/** A quota as a message. */
export function quotaToProto(quota: Quota): QuotaMessage {
  const { tenant, user, backends, rules, costs, free, topUps, dryRun } = quota;
  return {
    ...(tenant === undefined ? {} : { tenant: limitToProto(tenant) }),
    ...(user === undefined ? {} : { user: limitToProto(user) }),
    backends: Object.fromEntries(Object.entries(backends).map(([name, limit]) => [name, limitToProto(limit)])),
    rules: rules.map((rule) => ({
      name: rule.name,
      selector: selectorToProto(rule),
      limit: limitToProto(rule.limit),
      eachUser: rule.each === 'user',
    })),
    costs: costs.map((rule) => ({ selector: selectorToProto(rule), cost: rule.cost })),
    free: [...free],
    topUps: [...topUps],
    maxConcurrent: quota.maxConcurrent ?? 0,
    maxStreams: quota.maxStreams ?? 0,
    dryRun,
  };
}

/** A quota from a message. */
export function quotaFromProto(quota: Quota__Output): Quota {
  return {
    tenant: quota.tenant ? limitFromProto(quota.tenant) : undefined,
    user: quota.user ? limitFromProto(quota.user) : undefined,
    backends: Object.fromEntries(
      Object.entries(quota.backends ?? {}).map(([name, limit]) => [name, limitFromProto(limit)]),
    ),
    rules: (quota.rules ?? []).map(
      ({ name = '', selector, limit, eachUser }): QuotaRule => ({
        name,
        ...selectorFromProto(selector),
        limit: limitFromProto(limit),
        each: eachUser ? 'user' : 'tenant',
      }),
    ),
    costs: (quota.costs ?? []).map(({ selector, cost = 0 }): CostRule => ({ ...selectorFromProto(selector), cost })),
    free: quota.free ?? [],
    topUps: (quota.topUps ?? []).map(({ requests = 0, untilMs = 0 }) => ({ requests, untilMs: Number(untilMs) })),
    maxConcurrent: quota.maxConcurrent || undefined,
    maxStreams: quota.maxStreams || undefined,
    dryRun: quota.dryRun ?? false,
  };
}

function limitToProto({ requests, periodMs, burst }: Limit): LimitMessage {
  return { requests, periodMs, burst };
}

function limitFromProto(limit: Limit__Output | null | undefined): Limit {
  return { requests: limit?.requests ?? 0, periodMs: limit?.periodMs ?? 0, burst: limit?.burst ?? 0 };
}

function selectorToProto({ backends = [], tools = [], methods = [] }: Selector): SelectorMessage {
  return { backends: [...backends], tools: [...tools], methods: [...methods] };
}

function selectorFromProto(selector: Selector__Output | null | undefined): Selector {
  return {
    backends: someOf(selector?.backends),
    tools: someOf(selector?.tools),
    methods: someOf(selector?.methods),
  };
}
