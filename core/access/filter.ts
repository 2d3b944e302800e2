import { z } from 'zod';
import { matchesGlob } from './glob.ts';

/** Longer names match no pattern: no server uses such names, and matching them takes time. */
export const MAX_NAME_LENGTH = 2_048;

const pattern = z.string().min(1).max(256);

/** Which names are allowed. */
export interface NameFilter {
  /** Undefined: all. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** Names by glob: `*` matches any run of characters, `?` exactly one. A name that matches `deny` is never allowed. */
export const nameFilterSchema = z
  .strictObject({
    /** Only these are allowed. Default: all. An empty list allows nothing. */
    allow: z.array(pattern).max(1_000).optional(),
    /** These are not allowed, even if they match `allow`. */
    deny: z.array(pattern).max(1_000).default([]),
  })
  .transform(({ allow, deny }): NameFilter => ({ allow, deny }));

/** What an MCP server offers by name: tools and prompts by their names, resources by their URIs. */
export const ITEM_KINDS = ['tools', 'prompts', 'resources'] as const;

/** A kind of named item. */
export type ItemKind = (typeof ITEM_KINDS)[number];

/** A filter for each kind that has one. */
export type ItemFilters = Readonly<Partial<Record<ItemKind, NameFilter | undefined>>>;

/** The keys of a document for its filters. */
export const itemFilterKeys = {
  tools: nameFilterSchema.optional(),
  prompts: nameFilterSchema.optional(),
  resources: nameFilterSchema.optional(),
};

/** The filters of a document, without keys whose value is undefined. */
export function filtersFrom(filters: ItemFilters): ItemFilters {
  return Object.fromEntries(Object.entries(filters).filter(([, filter]) => filter !== undefined));
}

/** Whether a name passes a filter: allowed, not denied, not too long. */
export function passes(filter: NameFilter, name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && allows(filter, name) && !denies(filter, name);
}

/** Whether a name matches `allow`; `deny` is not considered. */
export function allows({ allow }: NameFilter, name: string): boolean {
  return allow === undefined || allow.some((candidate) => matchesGlob(candidate, name));
}

/** Whether a name matches `deny`; `allow` is not considered. */
export function denies({ deny }: NameFilter, name: string): boolean {
  return deny.some((candidate) => matchesGlob(candidate, name));
}

/** Whether a filter lets every name pass. */
export function isOpen({ allow, deny }: NameFilter): boolean {
  return deny.length === 0 && (allow === undefined || allow.includes('*'));
}
