import { z } from 'zod';

/** The claims of a token that was verified, or anything that looks like them. */
export type Claims = Readonly<Record<string, unknown>>;

const claimName = z.string().min(1).max(256);

/**
 * Where a claim is: the name of a top-level claim, taken literally (`https://acme.example/roles` is one name), or a list of
 * names that leads into objects (`[realm_access, roles]`). The parsed value is always a list.
 */
export const claimPathSchema = z
  .union(
    [claimName, z.array(claimName).min(1).max(8)],
    'must be the name of a claim, or a list of names that leads to one',
  )
  .transform((path): string[] => (typeof path === 'string' ? [path] : path));

/** What a claim holds; undefined where there is none. */
export function claimAt(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return;
    value = Reflect.get(value, name);
  }
  return value;
}

/** The texts that a claim holds: itself, or the texts in its list. Anything else holds none. */
export function textsOf(claims: Claims, path: readonly string[]): string[] {
  return [claimAt(claims, path)].flat().filter((text): text is string => typeof text === 'string' && text !== '');
}

/** How a claim's path is written in messages. */
export function formatClaim(path: readonly string[]): string {
  return path.join('.');
}
