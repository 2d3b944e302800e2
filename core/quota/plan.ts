import { matchesGlob } from '../access/glob.ts';
import type { McpMessage } from '../mcp/message.ts';
import type { Limit } from './bucket.ts';
import type { Quota, Selector } from './quota.ts';

/** A bucket that a request must pass, with what it costs there. */
export interface BucketAsk {
  /** Unique within the tenant; part of the key in Redis. */
  readonly key: string;
  /** What people call it: `tenant`, `user`, `backend jira`, `rule search`. */
  readonly name: string;
  readonly limit: Limit;
  /** At least 1; 0 only has the bucket remembered as it is now. */
  readonly cost: number;
}

/** Who asks for what. */
export interface QuotaRequest {
  readonly message: Pick<McpMessage, 'methods' | 'items'>;
  readonly backend: string;
  /** Stable name of the user, without spaces and colons. */
  readonly user: string;
}

/** One message of a request, as far as its price depends on it. */
export interface Priced {
  method: string;
  /** Of a `tools/call`. */
  tool: string | undefined;
  cost: number;
}

/** Era 2026-07-28: clients take a refusal of it as the answer of an old server. */
export const NEVER_DENIED = 'server/discover';

/**
 * The buckets that a request must pass; none where it costs nothing.
 *
 * @param messages what {@link priced} gives for the request, where it is known already
 */
export function planAsks(quota: Quota, request: QuotaRequest, messages = priced(quota, request)): BucketAsk[] {
  const { backend, user } = request;
  const total = sum(messages);
  const ask = (key: string, name: string, limit: Limit | undefined, cost: number): BucketAsk[] =>
    limit === undefined || cost === 0 ? [] : [{ key, name, limit, cost }];
  const ofBackend = Object.hasOwn(quota.backends, backend) ? quota.backends[backend] : undefined;
  return [
    ...ask('tenant', 'tenant', quota.tenant, total),
    ...ask(`user:${user}`, 'user', quota.user, total),
    ...ask(`backend:${backend}`, `backend ${backend}`, ofBackend, total),
    ...quota.rules.flatMap((rule) => {
      const key = rule.each === 'user' ? `rule:${rule.name}:${user}` : `rule:${rule.name}`;
      const selected = messages.filter((message) => selects(rule, message, backend));
      return ask(key, `rule ${rule.name}`, rule.limit, sum(selected));
    }),
  ];
}

/** The messages of a request that cost something, with their prices. */
export function priced({ costs, free }: Quota, { message, backend }: QuotaRequest): Priced[] {
  // Each tools/call names exactly one tool, in the order of the messages.
  const tools = message.items.filter(({ kind }) => kind === 'tools').map(({ name }) => name);
  return message.methods.flatMap((method) => {
    const tool = method === 'tools/call' ? tools.shift() : undefined;
    if (method === NEVER_DENIED || free.some((glob) => matchesGlob(glob, method))) return [];
    const rule = costs.find((candidate) => selects(candidate, { method, tool }, backend));
    const cost = rule?.cost ?? 1;
    return cost > 0 ? [{ method, tool, cost }] : [];
  });
}

function selects({ backends, tools, methods }: Selector, message: Omit<Priced, 'cost'>, backend: string): boolean {
  if (backends !== undefined && !backends.includes(backend)) return false;
  const { method, tool } = message;
  if (tool !== undefined && tools?.some((glob) => matchesGlob(glob, tool)) === true) return true;
  return methods?.some((glob) => matchesGlob(glob, method)) === true;
}

function sum(messages: readonly Priced[]): number {
  return messages.reduce((total, { cost }) => total + cost, 0);
}
