import { globSync, statSync } from 'node:fs';

/** What `npm test` was asked to run. */
export interface Selection {
  /** Test files, relative to the project, without duplicates. */
  files: string[];
  /** Only tests that need neither Envoy nor a cluster, and no other checks. */
  unitOnly: boolean;
  /** Options for mocha. */
  mochaArgs: string[];
}

const ALL = 'test/**/*.test.ts';

/**
 * Reads `[--unit] [FILE...] [MOCHA OPTIONS]`. A FILE is a path, a folder or a glob pattern; none means all tests.
 * @throws Error if a FILE matches nothing
 */
export function parseSelection(args: readonly string[]): Selection {
  const unitOnly = args[0] === '--unit';
  const rest = unitOnly ? args.slice(1) : args;
  const firstOption = rest.findIndex((arg) => arg.startsWith('-'));
  const end = firstOption < 0 ? rest.length : firstOption;
  const patterns = end > 0 ? rest.slice(0, end) : [ALL];
  return { unitOnly, files: [...new Set(patterns.flatMap(expand))], mochaArgs: rest.slice(end) };
}

function expand(pattern: string): string[] {
  const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory();
  const found = globSync(isFolder ? `${pattern.replace(/\/+$/, '')}/**/*.test.ts` : pattern).sort();
  if (found.length === 0) throw new Error(`no test file matches ${pattern}`);
  return found;
}
