import type { RequestId } from './denial.ts';
import { type Edit, type MaySee, type ScannedMessage, scanLists } from './list-filter-scan.ts';
import type { Effort, Sliced } from './sliced.ts';
import { AmbiguousJson } from './strict-json.ts';

/** The result of filtering a text of JSON-RPC messages. */
export type Filtered =
  | { kind: 'same' }
  /** The edits are in order and do not overlap. */
  | { kind: 'changed'; edits: readonly Edit[] }
  /** The text must not be passed on. `ids` are those of the requests that it answers, as far as they are known. */
  | { kind: 'rejected'; reason: string; ids: readonly RequestId[] };

/**
 * Finds what to cut from a JSON-RPC message or batch so that its lists of tools, prompts, resources and resource templates show only
 * what the caller may see. Every other byte stays. An entry without a usable name is cut. Lists are recognized by their shape, whatever
 * the request was: the response to a list request can arrive on a stream that was opened for something else.
 *
 * `cacheScope` of such a result becomes `private` (MCP 2026-07-28, caching): the list is specific to the caller, and a shared cache must
 * not serve it to others, even if nothing was cut.
 *
 * @param bytes well-formed UTF-8
 */
export function* filterLists(bytes: Buffer, maySee: MaySee, effort: Effort): Sliced<Filtered> {
  const messages: ScannedMessage[] = [];
  try {
    yield* scanLists(bytes, maySee, messages, effort);
  } catch (error) {
    if (!(error instanceof AmbiguousJson)) throw error;
    // The ids in a text that is not JSON mean nothing.
    if (error.invalid) return { kind: 'rejected', reason: error.message, ids: [] };
    const ids = messages.flatMap(({ id, asks }) => (id === null || asks ? [] : [id]));
    return { kind: 'rejected', reason: error.message, ids };
  }
  const edits = messages.flatMap(editsOf).sort((one, other) => one.start - other.start);
  return edits.length === 0 ? { kind: 'same' } : { kind: 'changed', edits };
}

/** Applies edits to a text. Returns it in pieces, which are views of the text where it stays. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits) {
    pieces.push(bytes.subarray(from, start));
    if (text !== '') pieces.push(Buffer.from(text));
    from = end;
  }
  return [...pieces, bytes.subarray(from)];
}

function editsOf({ lists, shared }: ScannedMessage): Edit[] {
  if (lists.length === 0) return [];
  const edits = lists.flatMap(({ cuts }) => cuts.map((cut) => ({ ...cut, text: '' })));
  return shared === undefined ? edits : [...edits, { ...shared, text: '"private"' }];
}
