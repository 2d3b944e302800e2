import type { RequestId } from './denial.ts';
import { fold } from './json-scan.ts';
import { type Reader, type Span, walkJson } from './list-filter-walk.ts';
import { AmbiguousJson } from './strict-json.ts';

/** Maximum number of entries of a list. No server has more, and an entry of two bytes takes far more memory here. */
export const MAX_ENTRIES = 100_000;

/** The members of a result that are lists, with the member of an entry that is its name. */
export const LISTS = { tools: 'name', prompts: 'name', resources: 'uri', resourceTemplates: 'uriTemplate' } as const;

/** A key of {@link LISTS}. */
export type ListKey = keyof typeof LISTS;

/** An entry of a list. Its name is undefined if it has none, or one that clients could read differently. */
export interface ListEntry extends Span {
  name: string | undefined;
}

/** The scanned parts of a JSON-RPC message. */
export interface ScannedMessage {
  id: RequestId;
  /** Whether the message has a method, which means that it is a request and its id the server's. */
  asks: boolean;
  lists: { key: ListKey; entries: ListEntry[] }[];
  /** Span of the value of `cacheScope` in the result, unless it is `private`. */
  shared: Span | undefined;
}

/**
 * Finds every list in the results of a JSON-RPC message or batch, by shape. Keys that do not affect lists are not checked.
 *
 * @param found receives the messages, including those found before an error
 * @throws AmbiguousJson if the text is not JSON, too deep or too long, or if clients could read different lists from it: some use the
 * first of two equal keys and some the last, some treat `Tools` as `tools`
 */
export function scanLists(text: string, found: ScannedMessage[]): void {
  const newMessage = () => {
    if (found.length >= MAX_ENTRIES) throw new AmbiguousJson(`a batch has more than ${MAX_ENTRIES} messages`);
    const message: ScannedMessage = { id: null, asks: false, lists: [], shared: undefined };
    found.push(message);
    return readMessage(message, text);
  };
  const batch: Reader = {
    open: (_key, kind) => {
      if (kind === 'array') throw new AmbiguousJson('a batch contains a batch');
      return newMessage();
    },
  };
  walkJson(text, { open: (_key, kind) => (kind === 'array' ? batch : newMessage()) });
}

function readMessage(message: ScannedMessage, text: string): Reader {
  const keys = decisiveKeys(['result'], reject);
  return {
    key: (key) => {
      keys(key);
      if (key === 'method') message.asks = true;
    },
    open: (key, kind) => (key === 'result' && kind === 'object' ? readResult(message) : undefined),
    literal: (key, value, { start, end }) => {
      if (key === 'id') message.id = idOf(value, text.slice(start, end));
    },
  };
}

function readResult(message: ScannedMessage): Reader {
  return {
    key: decisiveKeys([...Object.keys(LISTS), 'cacheScope'], reject),
    open: (key, kind) => {
      if (!isList(key)) return undefined;
      if (kind === 'object') throw new AmbiguousJson(`${key} is not a list`);
      const entries: ListEntry[] = [];
      message.lists.push({ key, entries });
      return readList(LISTS[key], entries);
    },
    literal: (key, value, span) => {
      if (typeof value !== 'string') return;
      if (isList(key)) throw new AmbiguousJson(`${key} is not a list`);
      if (key === 'cacheScope' && value !== 'private') message.shared = span;
    },
  };
}

function readList(nameKey: string, entries: ListEntry[]): Reader {
  const add = (entry: ListEntry) => {
    if (entries.length >= MAX_ENTRIES) throw new AmbiguousJson(`a list has more than ${MAX_ENTRIES} entries`);
    entries.push(entry);
  };
  return {
    open: (_key, kind, start) => {
      const entry: ListEntry = { start, end: start, name: undefined };
      add(entry);
      return readEntry(entry, kind === 'object' ? nameKey : undefined);
    },
    literal: (_key, _value, span) => add({ ...span, name: undefined }),
  };
}

function readEntry(entry: ListEntry, nameKey: string | undefined): Reader {
  let usable = true;
  const unusable = () => {
    usable = false;
  };
  return {
    key: decisiveKeys(nameKey === undefined ? [] : [nameKey], unusable),
    literal: (key, value) => {
      if (key === nameKey && typeof value === 'string' && value.isWellFormed()) entry.name = value;
    },
    end: (end) => {
      entry.end = end;
      if (!usable) entry.name = undefined;
    },
  };
}

/** Reports a key that occurs for the second time, or that is one of these in a different case. */
function decisiveKeys(keys: readonly string[], ambiguous: (key: string) => void): (key: string) => void {
  const spellings = new Map(keys.map((key) => [fold(key), key]));
  const seen = new Set<string>();
  return (key) => {
    const spelling = spellings.get(fold(key));
    if (spelling === undefined) return;
    if (spelling !== key || seen.has(key)) ambiguous(spelling);
    seen.add(key);
  };
}

function reject(key: string): never {
  throw new AmbiguousJson(`the key ${key} occurs twice, or in a different case`);
}

function isList(key: string): key is ListKey {
  return Object.hasOwn(LISTS, key);
}

// An integer that a number cannot represent exactly keeps its digits.
function idOf(value: unknown, digits: string): RequestId {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return null;
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(value) ? BigInt(digits) : value;
}
