import type { ItemFilters } from './filter.ts';

/** What members of a tenant may use of its backends. */
export interface AccessRule {
  /** Undefined: all backends of the tenant. */
  readonly backends: readonly string[] | undefined;
  /** For holders of one of these roles. Undefined: for every member. */
  readonly roles: readonly string[] | undefined;
  readonly filters: ItemFilters;
}
