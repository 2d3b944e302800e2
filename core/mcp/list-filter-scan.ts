import type { ItemKind } from '../access/filter.ts';
import { effortOf } from '../access/visibility.ts';
import type { RequestId } from './denial.ts';
import { fold } from './json-scan.ts';
import { ListCuts } from './list-cuts.ts';
import { type Reader, type Span, stringOf, walkJson } from './list-filter-walk.ts';
import type { Effort, Sliced } from './sliced.ts';
import { AmbiguousJson } from './strict-json.ts';

/** Maximum number of entries of a list. No server has more, and an entry of two bytes takes far more memory here. */
export const MAX_ENTRIES = 100_000;

/** Maximum number of messages of a batch. */
export const MAX_MESSAGES = 4_096;

/** Maximum sum of `effortOf` for the names in one text: a few seconds of a processor. */
export const MAX_NAMES_EFFORT = 1 << 24;

/** The effort of comparing a character of a name with the rules, in bytes of scanned JSON. */
const BYTES_OF_EFFORT = 40;

/** Longer integers are no ids: converting them takes quadratic time. */
const MAX_ID_DIGITS = 64;

/** Whether the caller may see a tool or prompt of this name, or a resource of this URI or URI template. */
export type MaySee = (kind: ItemKind, name: string) => boolean;

/** The members of a result that are lists: the kind of their entries, and the member of an entry that is its name. */
const LISTS = {
  tools: { kind: 'tools', name: 'name' },
  prompts: { kind: 'prompts', name: 'name' },
  resources: { kind: 'resources', name: 'uri' },
  resourceTemplates: { kind: 'resources', name: 'uriTemplate' },
} as const;

type List = (typeof LISTS)[keyof typeof LISTS];

/** A piece of a text, and its replacement. */
export interface Edit extends Span {
  text: string;
}

/** The scanned parts of a JSON-RPC message. */
export interface ScannedMessage {
  id: RequestId;
  /** Whether the message has a method, which means that it is a request and its id the server's. */
  asks: boolean;
  lists: ListCuts[];
  /** Span of the value of `cacheScope` in the result, unless it is `private`. */
  shared: Span | undefined;
}

/**
 * Finds every list in the results of a JSON-RPC message or batch, by shape, and what to cut from it. Keys that do not affect lists are not
 * checked.
 *
 * @param found receives the messages, including those found before an error
 * @throws AmbiguousJson if the text is not JSON, too deep or too long, or if clients could read different lists from it: some use the
 * first of two equal keys and some the last, some treat `Tools` as `tools`
 */
export function scanLists(bytes: Buffer, maySee: MaySee, found: ScannedMessage[], effort: Effort): Sliced<void> {
  return new ListScan(bytes, maySee, found, effort).run();
}

class ListScan {
  readonly #bytes: Buffer;
  readonly #maySee: MaySee;
  readonly #found: ScannedMessage[];
  readonly #effort: Effort;
  #effortOfNames = 0;

  constructor(bytes: Buffer, maySee: MaySee, found: ScannedMessage[], effort: Effort) {
    this.#bytes = bytes;
    this.#maySee = maySee;
    this.#found = found;
    this.#effort = effort;
  }

  run(): Sliced<void> {
    const batch: Reader = {
      open: (_key, kind) => {
        if (kind === 'array') throw new AmbiguousJson('a batch contains a batch');
        return this.#message();
      },
    };
    const root: Reader = { open: (_key, kind) => (kind === 'array' ? batch : this.#message()) };
    return walkJson(this.#bytes, root, this.#effort);
  }

  #message(): Reader {
    if (this.#found.length >= MAX_MESSAGES) throw new AmbiguousJson(`a batch has more than ${MAX_MESSAGES} messages`);
    const message: ScannedMessage = { id: null, asks: false, lists: [], shared: undefined };
    this.#found.push(message);
    const decides = new DecisiveKeys(MESSAGE_KEYS);
    return {
      key: (key) => {
        if (decides.isAmbiguous(key)) reject(key);
        if (key === 'method') message.asks = true;
      },
      open: (key, kind) => (key === 'result' && kind === 'object' ? this.#result(message) : undefined),
      literal: (key, span, isString) => {
        if (key === 'id') message.id = this.#id(span, isString);
      },
    };
  }

  #result(message: ScannedMessage): Reader {
    const decides = new DecisiveKeys(RESULT_KEYS);
    return {
      key: (key) => {
        if (decides.isAmbiguous(key)) reject(key);
      },
      open: (key, kind) => {
        if (!isList(key)) return undefined;
        if (kind === 'object') throw new AmbiguousJson(`${key} is not a list`);
        const cuts = new ListCuts();
        message.lists.push(cuts);
        return this.#list(LISTS[key], cuts);
      },
      literal: (key, span, isString) => {
        if (!isString) return;
        if (isList(key)) throw new AmbiguousJson(`${key} is not a list`);
        if (key === 'cacheScope' && stringOf(this.#bytes, span) !== 'private') message.shared = span;
      },
    };
  }

  #list(list: List, cuts: ListCuts): Reader {
    let entries = 0;
    const count = () => {
      entries += 1;
      if (entries > MAX_ENTRIES) throw new AmbiguousJson(`a list has more than ${MAX_ENTRIES} entries`);
    };
    return {
      open: (_key, kind, start) => {
        count();
        return this.#entry(list, kind === 'object', (end, stays) => cuts.add(start, end, stays));
      },
      literal: (_key, { start, end }) => {
        count();
        cuts.add(start, end, false);
      },
    };
  }

  #entry({ kind, name: nameKey }: List, isObject: boolean, add: (end: number, stays: boolean) => void): Reader {
    const decides = new DecisiveKeys(isObject ? ENTRY_KEYS[nameKey] : NO_KEYS);
    let usable = isObject;
    let name: string | undefined;
    return {
      key: (key) => {
        if (decides.isAmbiguous(key)) usable = false;
      },
      literal: (key, span, isString) => {
        if (key === nameKey && isString) name = stringOf(this.#bytes, span);
      },
      end: (end) => add(end, usable && name?.isWellFormed() === true && this.#allows(kind, name)),
    };
  }

  #allows(kind: ItemKind, name: string): boolean {
    const effort = effortOf(kind, name);
    this.#effort.spend(effort * BYTES_OF_EFFORT);
    this.#effortOfNames += effort;
    if (this.#effortOfNames > MAX_NAMES_EFFORT)
      throw new AmbiguousJson('the names in its lists are too many or too long');
    return this.#maySee(kind, name);
  }

  // An integer that a number cannot represent exactly keeps its digits.
  #id(span: Span, isString: boolean): RequestId {
    if (isString) return stringOf(this.#bytes, span);
    if (span.end - span.start > MAX_ID_DIGITS) return null;
    const digits = this.#bytes.toString('latin1', span.start, span.end);
    const value: unknown = JSON.parse(digits);
    if (typeof value !== 'number') return null;
    return /^-?\d+$/.test(digits) && !Number.isSafeInteger(value) ? BigInt(digits) : value;
  }
}

type Spellings = ReadonlyMap<string, string>;

const NO_KEYS = spellings();
const MESSAGE_KEYS = spellings('result');
const RESULT_KEYS = spellings(...Object.keys(LISTS), 'cacheScope');
const ENTRY_KEYS = { name: spellings('name'), uri: spellings('uri'), uriTemplate: spellings('uriTemplate') } as const;

/** Notices a key that occurs for the second time, or that is one of these in a different case. */
class DecisiveKeys {
  readonly #spellings: Spellings;
  readonly #seen: string[] = [];

  constructor(keys: Spellings) {
    this.#spellings = keys;
  }

  isAmbiguous(key: string): boolean {
    const spelling = this.#spellings.get(fold(key));
    if (spelling === undefined) return false;
    const again = this.#seen.includes(key);
    this.#seen.push(key);
    return spelling !== key || again;
  }
}

function spellings(...keys: string[]): Spellings {
  return new Map(keys.map((key) => [fold(key), key]));
}

function reject(key: string): never {
  const spelling = MESSAGE_KEYS.get(fold(key)) ?? RESULT_KEYS.get(fold(key));
  throw new AmbiguousJson(`the key ${spelling} occurs twice, or in a different case`);
}

function isList(key: string): key is keyof typeof LISTS {
  return Object.hasOwn(LISTS, key);
}
