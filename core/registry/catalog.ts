import { parseYaml } from '../document/parse.ts';
import type { Problem } from '../document/problems.ts';
import { type Backend, backendSchema } from './backend.ts';

/** A backend file: its current text, and the last valid backend in it. */
interface CatalogFile {
  text: string;
  backend: Backend | undefined;
  problems: readonly Problem[];
}

/** The content of a registry folder. Immutable: a change makes a new catalog. */
export interface Catalog {
  /** The valid backends, by name. */
  backends: ReadonlyMap<string, Backend>;
  /** All problems of all files. */
  problems: readonly Problem[];
  /** By file name; with the last valid backend of each. */
  files: ReadonlyMap<string, CatalogFile>;
}

/** A catalog without backends. */
export const EMPTY_CATALOG: Catalog = { backends: new Map(), problems: [], files: new Map() };

/**
 * The catalog after the files changed. A file that is invalid now keeps its last valid backend; a file that was never valid has none.
 * If two files define the same name, the file that had it before keeps it; otherwise the first by file name gets it.
 */
export function readCatalog(before: Catalog, texts: ReadonlyMap<string, string>): Catalog {
  const files = new Map<string, CatalogFile>();
  for (const name of [...texts.keys()].sort()) {
    const text = texts.get(name) ?? '';
    const known = before.files.get(name);
    files.set(name, known?.text === text ? known : parseFile(name, text, known?.backend));
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

function parseFile(name: string, text: string, lastGood: Backend | undefined): CatalogFile {
  const parsed = parseYaml(text, name, backendSchema);
  return parsed.ok
    ? { text, backend: parsed.value, problems: [] }
    : { text, backend: lastGood, problems: parsed.problems };
}

// Whether a file already defined the backend with this name before, even if its content has changed since.
function isIncumbent(before: Catalog, name: string, now: CatalogFile | undefined): boolean {
  const held = before.files.get(name)?.backend;
  return held !== undefined && held.name === now?.backend?.name && before.backends.get(held.name) === held;
}
