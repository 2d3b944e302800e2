import { z } from 'zod';

/** The claims of a verified token, or any object like them. */
export type Claims = Readonly<Record<string, unknown>>;

const claimName = z.string().min(1).max(256);

/**
 * Path of a claim: the name of a top-level claim, taken literally (`https://acme.example/roles` is one name), or a list of names
 * for a claim within objects (`[realm_access, roles]`). The parsed value is always a list.
 */
export const claimPathSchema = z
  .union(
    [claimName, z.array(claimName).min(1).max(8)],
    'must be the name of a claim, or a list of names that leads to one',
  )
  .transform((path): string[] => (typeof path === 'string' ? [path] : path));

/** The value of a claim; undefined if there is no such claim. */
export function claimAt(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return;
    value = Reflect.get(value, name);
  }
  return value;
}

/** The strings of a claim: its value, or the strings in its list. Empty for any other value. */
export function textsOf(claims: Claims, path: readonly string[]): string[] {
  return [claimAt(claims, path)].flat().filter((text): text is string => typeof text === 'string' && text !== '');
}

/** Formats the path of a claim for messages. */
export function formatClaim(path: readonly string[]): string {
  return path.join('.');
}
