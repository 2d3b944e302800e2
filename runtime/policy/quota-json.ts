import { z } from 'zod';
import type { CostRule, Quota, QuotaRule } from '../../core/quota/quota.ts';
import type { QuotaState } from './quota.ts';

// Keys that JSON omits are added again as undefined, because limits are compared key by key with those of a document.
const count = z.object({ requests: z.number(), cost: z.number(), refused: z.number(), wouldRefuse: z.number() });
const named = z.array(z.object({ name: z.string(), count }));
const span = z.object({ sinceMs: z.number(), all: count, users: named, backends: named, tools: named });
const limit = z.object({ requests: z.number(), periodMs: z.number(), burst: z.number() });
const names = z.array(z.string());
const selector = { backends: names.optional(), tools: names.optional(), methods: names.optional() };

const rule = z
  .object({ name: z.string(), ...selector, limit, each: z.enum(['tenant', 'user']) })
  .transform(({ backends, tools, methods, ...rest }): QuotaRule => ({ ...rest, backends, tools, methods }));

const cost = z
  .object({ ...selector, cost: z.number() })
  .transform(({ backends, tools, methods, ...rest }): CostRule => ({ ...rest, backends, tools, methods }));

const quota = z
  .object({
    tenant: limit.optional(),
    user: limit.optional(),
    backends: z.record(z.string(), limit),
    rules: z.array(rule),
    costs: z.array(cost),
    free: names,
    topUps: z.array(z.object({ requests: z.number(), untilMs: z.number() })),
    maxConcurrent: z.number().optional(),
    maxStreams: z.number().optional(),
    dryRun: z.boolean(),
  })
  .transform(
    ({ tenant, user, maxConcurrent, maxStreams, ...rest }): Quota => ({
      ...rest,
      ...{ tenant, user, maxConcurrent, maxStreams },
    }),
  );

const reading = z.object({
  ...{ tenant: z.string(), key: z.string(), shared: z.boolean() },
  ...{ level: z.number(), periodMs: z.number(), atMs: z.number() },
});

/** A {@link QuotaState} as JSON, as in the response of `GET /quotas/<tenant>` of a gateway pod. */
export const quotaStateSchema = z
  .object({
    tenants: names,
    backends: names,
    quota: quota.optional(),
    readings: z.array(reading),
    lastHour: span,
    lastDay: span,
    redis: z.boolean(),
    processes: z.number(),
  })
  .transform(({ quota: limits, ...rest }): QuotaState => ({ ...rest, quota: limits }));
