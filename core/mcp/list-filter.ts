import type { ItemKind } from '../access/filter.ts';
import type { RequestId } from './denial.ts';
import { type ListEntry, type ListKey, type ScannedMessage, scanLists } from './list-filter-scan.ts';
import type { Span } from './list-filter-walk.ts';
import { AmbiguousJson } from './strict-json.ts';

/** Whether the caller may see a tool or prompt of this name, or a resource of this URI or URI template. */
export type MaySee = (kind: ItemKind, name: string) => boolean;

/** A piece of a text, and its replacement. */
export interface Edit extends Span {
  text: string;
}

/** The result of filtering a text of JSON-RPC messages. */
export type Filtered =
  | { kind: 'same' }
  /** The edits are in order and do not overlap. */
  | { kind: 'changed'; edits: readonly Edit[] }
  /** The text must not be passed on. `ids` are those of the requests that it answers, as far as they are known. */
  | { kind: 'rejected'; reason: string; ids: readonly RequestId[] };

const KINDS: Readonly<Record<ListKey, ItemKind>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
};

/**
 * Finds what to cut from a JSON-RPC message or batch so that its lists of tools, prompts, resources and resource templates show only
 * what the caller may see. Every other byte stays. An entry without a usable name is cut. Lists are recognized by their shape, whatever
 * the request was: the response to a list request can arrive on a stream that was opened for something else.
 *
 * `cacheScope` of such a result becomes `private` (MCP 2026-07-28, caching): the list is specific to the caller, and a shared cache must
 * not serve it to others, even if nothing was cut.
 */
export function filterLists(text: string, maySee: MaySee): Filtered {
  const messages: ScannedMessage[] = [];
  try {
    scanLists(text, messages);
  } catch (error) {
    if (!(error instanceof AmbiguousJson)) throw error;
    const ids = messages.flatMap(({ id, asks }) => (id === null || asks ? [] : [id]));
    return { kind: 'rejected', reason: error.message, ids };
  }
  const edits = messages.flatMap((message) => editsOf(message, maySee)).sort((one, other) => one.start - other.start);
  return edits.length === 0 ? { kind: 'same' } : { kind: 'changed', edits };
}

/** Applies edits to a text. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, text: inserted } of edits) {
    result += text.slice(from, start) + inserted;
    from = end;
  }
  return result + text.slice(from);
}

function editsOf({ lists, shared }: ScannedMessage, maySee: MaySee): Edit[] {
  if (lists.length === 0) return [];
  const edits = lists.flatMap(({ key, entries }) =>
    cuts(entries, ({ name }) => name !== undefined && maySee(KINDS[key], name)),
  );
  return shared === undefined ? edits : [...edits, { ...shared, text: '"private"' }];
}

// Cuts an entry with the comma before it, but entries before the first that stays with the comma after them.
function cuts(entries: readonly ListEntry[], stays: (entry: ListEntry) => boolean): Edit[] {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return [];
  const edits: Edit[] = [];
  let before: ListEntry | undefined;
  let anyStays = false;
  for (const entry of entries) {
    if (stays(entry)) {
      if (!anyStays && entry !== first) edits.push({ start: first.start, end: entry.start, text: '' });
      anyStays = true;
    } else if (anyStays && before !== undefined) {
      edits.push({ start: before.end, end: entry.end, text: '' });
    }
    before = entry;
  }
  return anyStays ? edits : [{ start: first.start, end: last.end, text: '' }];
}
