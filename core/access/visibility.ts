import {
  allows,
  denies,
  ITEM_KINDS,
  type ItemFilters,
  type ItemKind,
  isOpen,
  MAX_NAME_LENGTH,
  type NameFilter,
  passes,
} from './filter.ts';
import type { AccessRule } from './rule.ts';
import { essenceOf, isDetour, isPlainUri, readingsOf } from './uri.ts';

/** Maximum sum of {@link effortOf} for the names of one request: about 10 ms of a processor. */
export const MAX_EFFORT = 49_152;

/** What each name costs, whatever its length, in characters. */
const EFFORT_OF_NAME = 32;
/** A URI that has several readings costs this many times as much. */
const EFFORT_OF_READINGS = 3;

/** How much work it is to compare a name with the rules, in characters of a plain name. */
export function effortOf(kind: ItemKind, name: string): number {
  const effort = EFFORT_OF_NAME + Math.min(name.length, MAX_NAME_LENGTH);
  return kind === 'resources' && !isPlainUri(name) ? effort * EFFORT_OF_READINGS : effort;
}

/** The tools, prompts and resources of one backend that a caller may use. */
export class Visibility {
  readonly #filters: Readonly<Record<ItemKind, readonly NameFilter[]>>;
  /** Whether anything is hidden from this caller. Its lists may need filtering even if not: see `isFiltered` in ext-authz. */
  readonly hides: boolean;

  constructor(filters: Readonly<Record<ItemKind, readonly NameFilter[]>>) {
    this.#filters = filters;
    this.hides = ITEM_KINDS.some((kind) => filters[kind].length > 0);
  }

  /** Whether anything of this kind is hidden. */
  hidesOf(kind: ItemKind): boolean {
    return this.#filters[kind].length > 0;
  }

  /** Whether the caller may see and use a tool or prompt by its name, or a resource by its URI. */
  allows(kind: ItemKind, name: string): boolean {
    const filters = this.#filters[kind];
    if (filters.length === 0) return true;
    if (kind !== 'resources') return filters.every((filter) => passes(filter, name));
    const readings = name.length <= MAX_NAME_LENGTH ? readingsOf(name) : undefined;
    return readings !== undefined && filters.every((filter) => passesAsUri(filter, name, readings));
  }
}

/**
 * What a caller with these roles may use of a backend: what passes both the backend's own filters and the tenant's rules.
 * If any rule of the tenant for this backend has an `allow` list, only what a rule for this caller allows is allowed. What any rule
 * for this caller denies is denied.
 */
export function visibilityOf(
  backend: { readonly name: string; readonly filters: ItemFilters },
  rules: readonly AccessRule[],
  roles: readonly string[],
): Visibility {
  const forBackend = rules.filter(({ backends }) => backends === undefined || backends.includes(backend.name));
  const forCaller = forBackend.filter((rule) => rule.roles === undefined || rule.roles.some((r) => roles.includes(r)));
  const filtersOf = (kind: ItemKind): NameFilter[] => {
    const restricts = forBackend.some(({ filters }) => filters[kind]?.allow !== undefined);
    const mine = forCaller.flatMap(({ filters }) => filters[kind] ?? []);
    const combined: NameFilter = {
      allow: restricts ? mine.flatMap(({ allow }) => allow ?? []) : undefined,
      deny: mine.flatMap(({ deny }) => deny),
    };
    const own = backend.filters[kind];
    return [...(own === undefined ? [] : [own]), combined].filter((filter) => !isOpen(filter));
  };
  return new Visibility({
    tools: filtersOf('tools'),
    prompts: filtersOf('prompts'),
    resources: filtersOf('resources'),
  });
}

// A URI that can be read in several ways must be allowed in each of them and denied in none. One that can lead elsewhere must be
// listed verbatim.
function passesAsUri(filter: NameFilter, uri: string, readings: readonly string[]): boolean {
  if (readings.some((reading) => denies(filter, reading) || denies(filter, essenceOf(reading)))) return false;
  if (filter.allow?.includes(uri) === true) return true;
  return readings.every((reading) => !isDetour(reading) && allows(filter, reading));
}
