import { z } from 'zod';
import { matchesGlob } from './glob.ts';

/** Patterns and names that are longer match nothing: no server has such names, and long ones cost time. */
export const MAX_NAME_LENGTH = 2_048;

const pattern = z.string().min(1).max(256);

/** Which names are allowed. */
export interface NameFilter {
  /** Undefined: all. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** Names by glob: `*` is any run of characters, `?` any one. What `deny` names is never allowed. */
export const nameFilterSchema = z
  .strictObject({
    /** Only these are allowed. Default: all. An empty list allows nothing. */
    allow: z.array(pattern).max(1_000).optional(),
    /** These are not allowed, whatever `allow` says. */
    deny: z.array(pattern).max(1_000).default([]),
  })
  .transform(({ allow, deny }): NameFilter => ({ allow, deny }));

/** The things of an MCP server that have names: tools and prompts by name, resources by URI. */
export const ITEM_KINDS = ['tools', 'prompts', 'resources'] as const;

/** A kind of named thing. */
export type ItemKind = (typeof ITEM_KINDS)[number];

/** A filter for each kind that has one. */
export type ItemFilters = Readonly<Partial<Record<ItemKind, NameFilter | undefined>>>;

/** The keys that a document names its filters by. */
export const itemFilterKeys = {
  tools: nameFilterSchema.optional(),
  prompts: nameFilterSchema.optional(),
  resources: nameFilterSchema.optional(),
};

/** The filters of a document, without the keys that it left out. */
export function filtersFrom(filters: ItemFilters): ItemFilters {
  return Object.fromEntries(Object.entries(filters).filter(([, filter]) => filter !== undefined));
}

/** Whether a filter lets a name pass. */
export function passes(filter: NameFilter, name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && allows(filter, name) && !denies(filter, name);
}

/** Whether a name is one that a filter allows, if nobody denies it. */
export function allows({ allow }: NameFilter, name: string): boolean {
  return allow === undefined || allow.some((candidate) => matchesGlob(candidate, name));
}

/** Whether a filter denies a name, whatever it allows. */
export function denies({ deny }: NameFilter, name: string): boolean {
  return deny.some((candidate) => matchesGlob(candidate, name));
}

/** Whether a filter keeps anything back at all. */
export function isOpen({ allow, deny }: NameFilter): boolean {
  return deny.length === 0 && (allow === undefined || allow.includes('*'));
}
