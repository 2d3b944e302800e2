import type { RequestId } from './denial.ts';
import { type Reader, type Span, walkJson } from './list-filter-walk.ts';
import { AmbiguousJson, fold } from './strict-json.ts';

/** No server lists more at once; an entry of two bytes costs far more memory here. */
export const MAX_ENTRIES = 100_000;

/** The members of a result that list things, and the member of an entry that names it. */
export const LISTS = { tools: 'name', prompts: 'name', resources: 'uri', resourceTemplates: 'uriTemplate' } as const;

/** A key of {@link LISTS}. */
export type ListKey = keyof typeof LISTS;

/** An entry of a list; without a name where it has none, or one that clients could read in two ways. */
export interface ListEntry extends Span {
  name: string | undefined;
}

/** A JSON-RPC message, as far as it is looked at. */
export interface ScannedMessage {
  id: RequestId;
  /** Whether it has a method, so that its id is the server's own. */
  asks: boolean;
  lists: { key: ListKey; entries: ListEntry[] }[];
  /** Where `cacheScope` of the result stands, if it says anything but `private`. */
  shared: Span | undefined;
}

/**
 * Finds every list in the results of a JSON-RPC message or batch, by shape. Throws AmbiguousJson for what is no JSON, nested too
 * deep, too long, or not the same list to every client: some take the first of two equal keys and some the last, some take `Tools` for
 * `tools`. Keys that decide nothing about lists may be as they like.
 *
 * @param found gets the messages; also those that were found before something was wrong
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
      if (kind === 'array') throw new AmbiguousJson('there is a batch within a batch');
      return newMessage();
    },
  };
  walkJson(text, { open: (_key, kind) => (kind === 'array' ? batch : newMessage()) });
}

function readMessage(message: ScannedMessage, text: string): Reader {
  const keys = decisiveKeys(['result'], refuse);
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
    key: decisiveKeys([...Object.keys(LISTS), 'cacheScope'], refuse),
    open: (key, kind) => {
      if (!isList(key)) return undefined;
      if (kind === 'object') throw new AmbiguousJson(`${key} is no list`);
      const entries: ListEntry[] = [];
      message.lists.push({ key, entries });
      return readList(LISTS[key], entries);
    },
    literal: (key, value, span) => {
      if (typeof value !== 'string') return;
      if (isList(key)) throw new AmbiguousJson(`${key} is no list`);
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

/** Tells of a key that is one of these in other letters, or one of these for the second time. */
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

function refuse(key: string): never {
  throw new AmbiguousJson(`the key ${key} is there twice, or in other letters`);
}

function isList(key: string): key is ListKey {
  return Object.hasOwn(LISTS, key);
}

// An integer that a number cannot hold goes back digit by digit.
function idOf(value: unknown, digits: string): RequestId {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return null;
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(value) ? BigInt(digits) : value;
}
