import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Never searched: installed, built or generated files. */
const SKIPPED = ['node_modules', 'dist'];

/** The top-level folders with code, read from disk. */
export function codeFolders(): string[] {
  return readdirSync(PROJECT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.includes(entry.name))
    .map(({ name }) => name)
    .filter((folder) => codeFilesIn(folder).length > 0);
}

/** Paths of the sources in a folder, relative to the project. */
function codeFilesIn(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => /\.(?:ts|js|mjs)$/.test(path) && !/(?:^|\/)node_modules\//.test(path));
}

/** One source file. */
export interface Source {
  /** Relative to the project. */
  path: string;
  text: string;
  /** Paths of the project's files that it imports, including type imports and dynamic imports. */
  imports: readonly string[];
  /** The same without type imports, which do not exist at run time. */
  runtimeImports: readonly string[];
}

/** All sources of the project. */
export function readSources(): Source[] {
  return codeFolders()
    .flatMap(codeFilesIn)
    .map((path) => {
      const text = readFileSync(join(PROJECT, path), 'utf8');
      const own = (specifiers: readonly Specifier[]) => [
        ...new Set(
          specifiers
            .map(({ from }) => from)
            .filter(isOwn)
            .map((from) => normalize(join(dirname(path), from))),
        ),
      ];
      const specifiers = specifiersOf(text);
      return { path, text, imports: own(specifiers), runtimeImports: own(specifiers.filter(({ type }) => !type)) };
    });
}

/** One import of a module. */
interface Specifier {
  from: string;
  /** Whether it imports only types. */
  type: boolean;
}

/** Every module that a text imports from or re-exports. Comments are ignored. */
export function specifiersOf(text: string): Specifier[] {
  const code = withoutComments(text);
  const statements = /^\s*(?:import|export)\s+(type\s)?(?:[\w*\s{},$]+?\sfrom\s+)?(['"])([^'"\n]+)\2/gm;
  const dynamic = /(?<![\w.])import\s*\(\s*(['"`])([^'"`\n]+)\1/g;
  return [
    ...[...code.matchAll(statements)].map(([, type, , from = '']) => ({ from, type: type !== undefined })),
    ...[...code.matchAll(dynamic)].map(([, , from = '']) => ({ from, type: false })),
  ];
}

/** The text without comments; strings stay unchanged. */
export function withoutComments(text: string): string {
  // Strings come first in the pattern, so that // inside a string does not start a comment.
  const parts = /(["'])(?:\\.|(?!\1)[^\\\n])*\1|`(?:\\.|[^\\`])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(parts, (part) => (part.startsWith('/') ? '' : part));
}

/** A chain of imports that returns to its start; undefined if there is none. */
export function findCycle(importsOf: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const next of importsOf.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of importsOf.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** The top-level folder of a path. */
export function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** The second-level folder of a path, `.` for a file directly in its room. */
export function innerRoomOf(path: string): string {
  const [, inner = '', ...rest] = path.split('/');
  return rest.length > 0 ? inner : '.';
}

function isOwn(specifier: string): boolean {
  return specifier.startsWith('.');
}
