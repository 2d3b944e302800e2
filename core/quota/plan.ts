import { matchesGlob } from '../access/glob.ts';
import type { McpMessage } from '../mcp/message.ts';
import type { Limit } from './bucket.ts';
import type { Quota, Selector } from './quota.ts';

/** What a request asks of one bucket: to debit its cost there. */
export interface BucketAsk {
  /** Unique within the tenant; part of the key in Redis. */
  readonly key: string;
  /** Name for display: `tenant`, `user`, `backend jira`, `rule search`. */
  readonly name: string;
  readonly limit: Limit;
  /** At least 1; 0 only stores the bucket's present state. */
  readonly cost: number;
}

/** The parts of a request on which its buckets and costs depend. */
export interface QuotaRequest {
  readonly message: Pick<McpMessage, 'methods' | 'items'>;
  readonly backend: string;
  /** Stable identifier of the user, without spaces or colons. */
  readonly user: string;
}

/** A message of a request, with its cost. */
export interface Priced {
  method: string;
  /** The tool of a `tools/call`. */
  tool: string | undefined;
  cost: number;
}

/** A method of MCP 2026-07-28 that must never be denied: clients would take the denial for the answer of an old server. */
export const NEVER_DENIED = 'server/discover';

/**
 * What a request asks of its buckets; empty if it costs nothing.
 *
 * @param messages the result of {@link priced} for the request, if already known
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

/** The messages of a request that cost something, with their costs. */
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
