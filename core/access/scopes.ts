import { z } from 'zod';
import { matchesGlob } from './glob.ts';

/** One scope as OAuth spells it (RFC 6749, section 3.3). */
export const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'must be a scope: visible ASCII without spaces, quotes or backslashes');

/** Scopes that a token must have. */
export interface ScopeRule {
  readonly tools: readonly string[] | undefined;
  readonly need: readonly string[];
}

/** A scope rule of a backend document: for the whole backend, or for some of its tools. */
export const scopeRuleSchema = z
  .strictObject({
    /** Tools by glob. Default: every request to the backend. */
    tools: z.array(z.string().min(1).max(256)).min(1).optional(),
    /** The token must have all of them. */
    need: z.array(scopeName).min(1),
  })
  .transform(({ tools, need }): ScopeRule => ({ tools, need }));

/** The scopes that a request needs: those for the whole backend, and those for each tool that it calls. */
export function neededScopes(rules: readonly ScopeRule[], tools: readonly string[]): string[] {
  const applying = rules.filter(
    ({ tools: globs }) => globs === undefined || tools.some((tool) => globs.some((glob) => matchesGlob(glob, tool))),
  );
  return [...new Set(applying.flatMap(({ need }) => need))];
}
