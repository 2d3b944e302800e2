import { z } from 'zod';
import { dnsLabel } from '../registry/names.ts';
import { type Limit, MAX_BURST, PERIODS_MS } from './bucket.ts';
import { type TopUp, topUpSchema } from './top-up.ts';

const count = z.number().int().min(1).max(MAX_BURST);

const limitKeys = {
  /** Requests that refill in one period. */
  requests: count,
  per: z.enum(['second', 'minute', 'hour', 'day'], 'must be second, minute, hour or day'),
  /** Requests that a full bucket holds. Default: `requests`. */
  burst: count.optional(),
};

type LimitDocument = { requests: number; per: keyof typeof PERIODS_MS; burst?: number | undefined };

const toLimit = ({ requests, per, burst = requests }: LimitDocument): Limit => ({
  requests,
  periodMs: PERIODS_MS[per],
  burst,
});

const limitSchema = z.strictObject(limitKeys).transform(toLimit);

const pattern = z.string().min(1).max(256);

/** The keys that select the messages of a rule. */
const selectorKeys = {
  /** Default: every backend. */
  backends: z.array(dnsLabel).min(1).optional(),
  /** Calls of tools, by glob. */
  tools: z.array(pattern).min(1).optional(),
  /** JSON-RPC methods by glob. */
  methods: z.array(pattern).min(1).optional(),
};

/** Selects messages: those to one of the backends that call one of the tools or have one of the methods. */
export interface Selector {
  readonly backends: readonly string[] | undefined;
  readonly tools: readonly string[] | undefined;
  readonly methods: readonly string[] | undefined;
}

/** A separate bucket for selected messages. */
export interface QuotaRule extends Selector {
  readonly name: string;
  readonly limit: Limit;
  /** `user`: each user has a separate bucket. */
  readonly each: 'tenant' | 'user';
}

/** The cost of selected messages. */
export interface CostRule extends Selector {
  readonly cost: number;
}

/** The quota of a tenant. */
export interface Quota {
  /** Limit of the whole tenant. */
  readonly tenant: Limit | undefined;
  /** Limit of each user. */
  readonly user: Limit | undefined;
  /** Limits of the whole tenant per backend, by name. */
  readonly backends: Readonly<Record<string, Limit>>;
  readonly rules: readonly QuotaRule[];
  /** The first rule that selects a message applies. Other messages cost 1. */
  readonly costs: readonly CostRule[];
  /** Methods that cost nothing, by glob. */
  readonly free: readonly string[];
  /** Extra requests for the whole tenant, including past top-ups. */
  readonly topUps: readonly TopUp[];
  /** Maximum number of concurrent requests, not counting GET streams. Undefined: no maximum. */
  readonly maxConcurrent: number | undefined;
  /** Maximum number of open GET streams. Undefined: no maximum. */
  readonly maxStreams: number | undefined;
  /** Count and report, but deny nothing. */
  readonly dryRun: boolean;
}

/** Default of `free`: methods that clients send on their own and cannot slow down. */
export const FREE_METHODS = ['ping', 'notifications/*'];

const ruleSchema = z
  .strictObject({ name: dnsLabel, ...selectorKeys, ...limitKeys, each: z.enum(['tenant', 'user']).default('tenant') })
  .refine(({ tools, methods }) => tools !== undefined || methods !== undefined, 'must have tools or methods')
  .transform(
    ({ name, backends, tools, methods, each, ...limit }): QuotaRule => ({
      ...{ name, backends, tools, methods, each },
      limit: toLimit(limit),
    }),
  );

const costSchema = z
  .strictObject({ ...selectorKeys, cost: z.number().int().min(0).max(1_000_000) })
  .refine(({ tools, methods }) => tools !== undefined || methods !== undefined, 'must have tools or methods')
  .transform(({ backends, tools, methods, cost }): CostRule => ({ backends, tools, methods, cost }));

/** The key `quota` of a tenant. */
export const quotaSchema = z
  .strictObject({
    requests: limitKeys.requests.optional(),
    per: limitKeys.per.optional(),
    burst: limitKeys.burst,
    users: limitSchema.optional(),
    backends: z.record(dnsLabel, limitSchema).default({}),
    rules: z.array(ruleSchema).max(100).default([]),
    costs: z.array(costSchema).max(100).default([]),
    free: z.array(pattern).max(100).default(FREE_METHODS),
    topUps: z.array(topUpSchema).max(20).default([]),
    maxConcurrent: z.number().int().min(1).max(1_000_000).optional(),
    maxStreams: z.number().int().min(1).max(1_000_000).optional(),
    dryRun: z.boolean().default(false),
  })
  .superRefine(({ requests, per, burst, rules, topUps }, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', path: ['topUps'], message });
    const extra = topUps.reduce((sum, topUp) => sum + topUp.requests, 0);
    if (extra > 0 && requests === undefined) complain('need a limit of the tenant: requests and per are required');
    else if (extra + (burst ?? requests ?? 0) > MAX_BURST)
      complain(`must not exceed ${MAX_BURST} together with the burst`);
    for (const [key, value] of Object.entries({ requests, per })) {
      if (value === undefined && [requests, per, burst].some((other) => other !== undefined)) {
        context.addIssue({ code: 'custom', path: [key], message: 'is required: requests and per belong together' });
      }
    }
    rules.forEach(({ name }, index) => {
      if (rules.findIndex((other) => other.name === name) !== index) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: 'is also the name of another rule',
        });
      }
    });
  })
  .transform(
    ({ requests, per, burst, users, maxConcurrent, maxStreams, ...rest }): Quota => ({
      ...rest,
      maxConcurrent,
      maxStreams,
      tenant: requests === undefined || per === undefined ? undefined : toLimit({ requests, per, burst }),
      user: users,
    }),
  );
