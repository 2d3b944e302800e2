import { z } from 'zod';
import { dnsLabel } from '../registry/names.ts';
import { type Limit, MAX_BURST, PERIODS_MS } from './bucket.ts';
import { type TopUp, topUpSchema } from './top-up.ts';

const count = z.number().int().min(1).max(MAX_BURST);

const limitKeys = {
  /** Requests that refill in one period. */
  requests: count,
  per: z.enum(['second', 'minute', 'hour', 'day'], 'must be second, minute, hour or day'),
  /** Requests that may come at once. Default: `requests`. */
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

/** Which messages a rule is about. */
const selectorKeys = {
  /** Default: every backend. */
  backends: z.array(dnsLabel).min(1).optional(),
  /** Tools by glob: calls of them. */
  tools: z.array(pattern).min(1).optional(),
  /** JSON-RPC methods by glob. */
  methods: z.array(pattern).min(1).optional(),
};

/** Messages that a rule is about: those of the backends, that call one of the tools or have one of the methods. */
export interface Selector {
  readonly backends: readonly string[] | undefined;
  readonly tools: readonly string[] | undefined;
  readonly methods: readonly string[] | undefined;
}

/** A bucket of its own for some messages. */
export interface QuotaRule extends Selector {
  readonly name: string;
  readonly limit: Limit;
  /** `user`: each user has a bucket of its own. */
  readonly each: 'tenant' | 'user';
}

/** What some messages cost. */
export interface CostRule extends Selector {
  readonly cost: number;
}

/** How much a tenant may use. */
export interface Quota {
  /** Of the whole tenant. */
  readonly tenant: Limit | undefined;
  /** Of each user. */
  readonly user: Limit | undefined;
  /** Of the whole tenant at one backend, by name. */
  readonly backends: Readonly<Record<string, Limit>>;
  readonly rules: readonly QuotaRule[];
  /** The first that fits a message counts; a message that none fits costs one. */
  readonly costs: readonly CostRule[];
  /** Methods by glob that cost nothing. */
  readonly free: readonly string[];
  /** Extra for the whole tenant, also such as is over. */
  readonly topUps: readonly TopUp[];
  /** Requests under way at once, streams of GET apart. Undefined: any number. */
  readonly maxConcurrent: number | undefined;
  /** Streams of GET open at once. Undefined: any number. */
  readonly maxStreams: number | undefined;
  /** Count and report, and refuse nothing. */
  readonly dryRun: boolean;
}

/** Methods that are free where nothing is said: what clients send by themselves and cannot slow down. */
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
    if (extra > 0 && requests === undefined)
      complain('are for the bucket of the tenant: requests and per are required');
    else if (extra + (burst ?? requests ?? 0) > MAX_BURST)
      complain(`and the burst must not exceed ${MAX_BURST} together`);
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
          message: 'is the name of another rule too',
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
