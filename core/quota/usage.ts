/** The kinds of names by which usage is counted. */
export const USAGE_KINDS = ['all', 'users', 'backends', 'tools'] as const;

/** A kind of names by which usage is counted. `all` is the whole tenant, under the empty name. */
export type UsageKind = (typeof USAGE_KINDS)[number];

/** Counts of requests. All are whole numbers. */
export interface UsageCount {
  /** Requests that passed. */
  readonly requests: number;
  /** Their total cost. */
  readonly cost: number;
  /** Requests that were denied. */
  readonly refused: number;
  /** Requests that passed only because of a dry run. */
  readonly wouldRefuse: number;
}

/** The count for one name in one time window. */
export interface UsageRow {
  readonly tenant: string;
  readonly kind: UsageKind;
  readonly name: string;
  /** Start of the window, in milliseconds since the epoch. */
  readonly windowMs: number;
  readonly count: UsageCount;
}

/** A request about which the gateway has decided. */
export interface UsageEvent {
  readonly tenant: string;
  readonly user: string;
  readonly backend: string;
  /** Messages that cost something. */
  readonly messages: readonly { readonly tool: string | undefined; readonly cost: number }[];
  readonly outcome: 'allowed' | 'refused' | 'would-refuse';
}

/** The usage of a tenant since a given time, the names with most requests first. */
export type UsageSummary = { readonly [kind in UsageKind]: readonly { name: string; count: UsageCount }[] };

const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;
const DAY_MS = 24 * HOUR_MS;

/** The name under which names beyond {@link MAX_NAMES} are counted together. */
export const OTHERS = '(others)';
/** Number of names kept per kind and tenant: those with most requests. */
export const MAX_NAMES = 1_000;
/** Names beyond that before the least used are merged, so that merging is rare. */
const SPARE_NAMES = 250;
const MAX_NAME_LENGTH = 128;

type Windows = Map<number, UsageCount>;

/**
 * Counts the usage of the last day, in windows of five minutes for the last hour and of an hour before that. Whatever callers send, it
 * holds at most {@link MAX_NAMES} names per kind and tenant, plus some spare ones.
 */
export class UsageLedger {
  readonly #tenants = new Map<string, Record<UsageKind, Map<string, Windows>>>();
  #tidyAtMs = 0;

  /** Counts a request. */
  count({ tenant, user, backend, messages, outcome }: UsageEvent, nowMs: number): void {
    const windowMs = floor(nowMs, STEP_MS);
    const add = (kind: UsageKind, name: string, cost: number) =>
      this.add({ tenant, kind, name: nameOf(name), windowMs, count: countOf(outcome, cost) }, nowMs);
    const cost = messages.reduce((sum, message) => sum + message.cost, 0);
    add('all', '', cost);
    add('users', user, cost);
    add('backends', backend, cost);
    for (const message of messages) if (message.tool !== undefined) add('tools', message.tool, message.cost);
  }

  /** Adds a count from elsewhere. */
  add({ tenant, kind, name, windowMs, count }: UsageRow, nowMs: number): void {
    if (nowMs - this.#tidyAtMs >= STEP_MS) this.#tidy(nowMs);
    const names = this.#namesOf(tenant)[kind];
    let windows = names.get(name);
    if (windows === undefined) {
      if (names.size >= MAX_NAMES + SPARE_NAMES) foldLeast(names);
      windows = new Map();
      names.set(name, windows);
    }
    windows.set(windowMs, sumCounts(windows.get(windowMs), count));
  }

  /** All counts. */
  rows(): UsageRow[] {
    const rows: UsageRow[] = [];
    for (const [tenant, kinds] of this.#tenants) {
      for (const kind of USAGE_KINDS) {
        for (const [name, windows] of kinds[kind]) {
          for (const [windowMs, count] of windows) rows.push({ tenant, kind, name, windowMs, count });
        }
      }
    }
    return rows;
  }

  /**
   * The usage of a tenant.
   *
   * @param sinceMs windows that began before are omitted
   * @param top maximum number of names per kind
   */
  summary(tenant: string, sinceMs: number, top: number): UsageSummary {
    const kinds = this.#tenants.get(tenant);
    const of = (kind: UsageKind) => {
      const named = [...(kinds?.[kind] ?? [])].map(([name, windows]) => ({ name, count: total(windows, sinceMs) }));
      const known = named.filter(({ count }) => weight(count) > 0);
      return known.sort((a, b) => weight(b.count) - weight(a.count)).slice(0, top);
    };
    return { all: of('all'), users: of('users'), backends: of('backends'), tools: of('tools') };
  }

  #namesOf(tenant: string): Record<UsageKind, Map<string, Windows>> {
    let kinds = this.#tenants.get(tenant);
    if (kinds === undefined) {
      kinds = { all: new Map(), users: new Map(), backends: new Map(), tools: new Map() };
      this.#tenants.set(tenant, kinds);
    }
    return kinds;
  }

  // Merges windows older than an hour by the hour, and drops those older than a day.
  #tidy(nowMs: number): void {
    this.#tidyAtMs = nowMs;
    for (const [tenant, kinds] of this.#tenants) {
      for (const kind of USAGE_KINDS) {
        for (const [name, windows] of kinds[kind]) {
          const kept = tidied(windows, nowMs);
          if (kept.size === 0) kinds[kind].delete(name);
          else kinds[kind].set(name, kept);
        }
      }
      if (kinds.all.size === 0) this.#tenants.delete(tenant);
    }
  }
}

/** Starts of the two spans that are shown, the last hour and the last day. A span omits windows that began before its start. */
export function spansSince(nowMs: number): { hourMs: number; dayMs: number } {
  return { hourMs: floor(nowMs, STEP_MS) + STEP_MS - HOUR_MS, dayMs: floor(nowMs, HOUR_MS) + HOUR_MS - DAY_MS };
}

/** Makes a name safe to keep and to show, since callers can send any tool name. */
function nameOf(text: string): string {
  return text.slice(0, MAX_NAME_LENGTH).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

function countOf(outcome: UsageEvent['outcome'], cost: number): UsageCount {
  if (outcome === 'refused') return { requests: 0, cost: 0, refused: 1, wouldRefuse: 0 };
  return { requests: 1, cost, refused: 0, wouldRefuse: outcome === 'would-refuse' ? 1 : 0 };
}

function tidied(windows: Windows, nowMs: number): Windows {
  const kept: Windows = new Map();
  const { hourMs, dayMs } = spansSince(nowMs);
  for (const [windowMs, count] of windows) {
    const start = windowMs >= hourMs ? windowMs : floor(windowMs, HOUR_MS);
    if (start >= dayMs) kept.set(start, sumCounts(kept.get(start), count));
  }
  return kept;
}

function foldLeast(names: Map<string, Windows>): void {
  const weights = [...names].map(([name, windows]) => ({ name, windows, weight: weight(total(windows, 0)) }));
  const least = weights.filter(({ name }) => name !== OTHERS).sort((a, b) => b.weight - a.weight);
  const others: Windows = names.get(OTHERS) ?? new Map();
  for (const { name, windows } of least.slice(MAX_NAMES - 1)) {
    names.delete(name);
    for (const [windowMs, count] of windows) others.set(windowMs, sumCounts(others.get(windowMs), count));
  }
  names.set(OTHERS, others);
}

function total(windows: Windows, sinceMs: number): UsageCount {
  let count: UsageCount | undefined;
  for (const [windowMs, one] of windows) if (windowMs >= sinceMs) count = sumCounts(count, one);
  return count ?? NOTHING;
}

const NOTHING: UsageCount = { requests: 0, cost: 0, refused: 0, wouldRefuse: 0 };

/** The sum of two counts. */
export function sumCounts(a: UsageCount = NOTHING, b: UsageCount): UsageCount {
  return {
    requests: a.requests + b.requests,
    cost: a.cost + b.cost,
    refused: a.refused + b.refused,
    wouldRefuse: a.wouldRefuse + b.wouldRefuse,
  };
}

function weight({ requests, refused }: UsageCount): number {
  return requests + refused;
}

function floor(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}
