import { visit } from 'jsonc-parser';
import { MAX_DEPTH } from './json-scan.ts';
import { AmbiguousJson } from './strict-json.ts';

/** A piece of a text, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** Callbacks for one object or array. `key` is that of a member; it is empty for an element. */
export interface Reader {
  /** A key, before its value. */
  key?(key: string): void;
  /** A nested object or array. Returns its callbacks; undefined if it need not be read. */
  open?(key: string, kind: 'object' | 'array', start: number): Reader | undefined;
  /** A nested string, number, boolean or null. */
  literal?(key: string, value: unknown, span: Span): void;
  /** The end of this object or array itself. */
  end?(end: number): void;
}

interface OpenValue {
  reader: Reader;
  /** The key that was read last. */
  key: string;
}

const NO_CALLBACKS: Reader = {};

/**
 * Passes the values of a JSON text to callbacks, one after the other, without building a tree: large texts need no more memory than small
 * ones. `root` gets the top-level value as an element.
 *
 * @throws AmbiguousJson if the text is not JSON or nested deeper than {@link MAX_DEPTH}
 */
export function walkJson(text: string, root: Reader): void {
  try {
    // The visitor below also accepts some texts that are not JSON.
    JSON.parse(text);
  } catch {
    throw new AmbiguousJson('not valid JSON', true);
  }
  let here: OpenValue = { reader: root, key: '' };
  const above: OpenValue[] = [];
  const begin = (kind: 'object' | 'array', offset: number) => {
    if (above.length >= MAX_DEPTH) throw new AmbiguousJson(`nested deeper than ${MAX_DEPTH} levels`);
    const reader = here.reader.open?.(here.key, kind, offset) ?? NO_CALLBACKS;
    above.push(here);
    here = { reader, key: '' };
  };
  const end = (offset: number, length: number) => {
    here.reader.end?.(offset + length);
    here = above.pop() ?? here;
  };
  visit(text, {
    onObjectBegin: (offset) => begin('object', offset),
    onArrayBegin: (offset) => begin('array', offset),
    onObjectEnd: end,
    onArrayEnd: end,
    onObjectProperty: (key) => {
      here.key = key;
      here.reader.key?.(key);
    },
    onLiteralValue: (value, offset, length) => {
      here.reader.literal?.(here.key, value, { start: offset, end: offset + length });
    },
  });
}
