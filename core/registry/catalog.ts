import { parseYaml } from '../document/parse.ts';
import type { Problem } from '../document/problems.ts';
import { type Backend, backendSchema } from './backend.ts';

/** One backend file as it was last read and as it was last good. */
interface CatalogFile {
  text: string;
  backend: Backend | undefined;
  problems: readonly Problem[];
}

/** What the files of a registry folder say. A value: a change makes a new one. */
export interface Catalog {
  /** Sound backends, by name. */
  backends: ReadonlyMap<string, Backend>;
  /** Everything that was refused. */
  problems: readonly Problem[];
  /** By file name; remembers what was last good. */
  files: ReadonlyMap<string, CatalogFile>;
}

/** A registry without any backend. */
export const EMPTY_CATALOG: Catalog = { backends: new Map(), problems: [], files: new Map() };

/**
 * The catalog after the files changed. A file that is wrong now keeps its last good backend; a file that was never right
 * has none. Where two files claim one name, the file that had it before keeps it, else the first by file name.
 */
export function readCatalog(before: Catalog, texts: ReadonlyMap<string, string>): Catalog {
  const files = new Map<string, CatalogFile>();
  for (const name of [...texts.keys()].sort()) {
    const text = texts.get(name) ?? '';
    const known = before.files.get(name);
    files.set(name, known?.text === text ? known : readFile(name, text, known?.backend));
  }
  const problems = [...files.values()].flatMap((file) => file.problems);
  const backends = new Map<string, Backend>();
  const ownerOf = new Map<string, string>();
  const rankOf = (name: string) => (isIncumbent(before, name, files.get(name)) ? 0 : 1);
  const incumbentsFirst = [...files].sort(([a], [b]) => rankOf(a) - rankOf(b));
  for (const [name, { backend }] of incumbentsFirst) {
    if (backend === undefined) continue;
    const owner = ownerOf.get(backend.name);
    if (owner === undefined) {
      ownerOf.set(backend.name, name);
      backends.set(backend.name, backend);
    } else {
      problems.push({
        source: name,
        path: 'name',
        message: `the backend ${backend.name} is already defined in ${owner}`,
      });
    }
  }
  return { backends, problems, files };
}

function readFile(name: string, text: string, lastGood: Backend | undefined): CatalogFile {
  const parsed = parseYaml(text, name, backendSchema);
  return parsed.ok
    ? { text, backend: parsed.value, problems: [] }
    : { text, backend: lastGood, problems: parsed.problems };
}

// Whether a file was the one that defined the backend which it defines now, in whatever words.
function isIncumbent(before: Catalog, name: string, now: CatalogFile | undefined): boolean {
  const held = before.files.get(name)?.backend;
  return held !== undefined && held.name === now?.backend?.name && before.backends.get(held.name) === held;
}
