import { MAX_DEPTH } from './json-scan.ts';
import { isSpace, literalEnd, scanString, skipSpace } from './json-tokens.ts';
import type { Effort, Sliced } from './sliced.ts';
import { AmbiguousJson } from './strict-json.ts';

/** A piece of a text, in bytes. */
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
  /** A nested string, with its quotes, or another value that is not structured. */
  literal?(key: string, span: Span, isString: boolean): void;
  /** The end of this object or array itself. */
  end?(end: number): void;
}

interface OpenValue {
  reader: Reader;
  isObject: boolean;
  /** The key that was read last. */
  key: string;
}

const NO_CALLBACKS: Reader = {};

/** Longer keys, as they are written, are no keys that a reader looks for, and are passed to it as the empty one. */
const MAX_KEY_BYTES = 256;

/** Bytes of a string or of white space that are scanned without looking at the effort. */
const PIECE = 65_536;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What may come next. */
type Expected = 'value' | 'element or end' | 'key or end' | 'key' | 'colon' | 'comma or end' | 'nothing';

/**
 * Passes the values of a JSON text to callbacks, one after the other, without building a tree: large texts need no more memory than small
 * ones. Pauses when the effort of a slice is spent. `root` gets the top-level value as an element.
 *
 * @param bytes well-formed UTF-8
 * @throws AmbiguousJson if the text is not JSON (RFC 8259) or nested deeper than {@link MAX_DEPTH}
 */
export function* walkJson(bytes: Buffer, root: Reader, effort: Effort): Sliced<void> {
  const above: OpenValue[] = [];
  let here: OpenValue = { reader: root, isObject: false, key: '' };
  let expected: Expected = 'value';
  let counted = 0;
  let at = 0;
  const afterValue = (): Expected => (above.length === 0 ? 'nothing' : 'comma or end');
  for (;;) {
    at = skipSpace(bytes, at, at + PIECE);
    effort.spend(at - counted);
    counted = at;
    if (effort.isSpent) yield* effort.pause();
    if (at >= bytes.length) break;
    const byte = bytes[at] ?? 0;
    if (isSpace(byte)) continue;
    if (expected === 'colon') {
      if (byte !== COLON) throw invalid();
      expected = 'value';
      at += 1;
    } else if (byte === QUOTE) {
      const start = at;
      for (at = scanString(bytes, at + 1, at + PIECE); bytes[at] !== QUOTE; ) {
        if (at >= bytes.length) throw invalid();
        effort.spend(at - counted);
        counted = at;
        if (effort.isSpent) yield* effort.pause();
        at = scanString(bytes, at, at + PIECE);
      }
      at += 1;
      if (expected === 'key' || expected === 'key or end') {
        here.key = keyOf(bytes, start, at, here.reader);
        here.reader.key?.(here.key);
        expected = 'colon';
      } else {
        if (expected !== 'value' && expected !== 'element or end') throw invalid();
        here.reader.literal?.(here.key, { start, end: at }, true);
        expected = afterValue();
      }
    } else if (byte === COMMA) {
      if (expected !== 'comma or end') throw invalid();
      expected = here.isObject ? 'key' : 'value';
      at += 1;
    } else if (byte === OBJECT_END || byte === ARRAY_END) {
      const empty = expected === (here.isObject ? 'key or end' : 'element or end');
      if (above.length === 0 || here.isObject !== (byte === OBJECT_END) || !(empty || expected === 'comma or end'))
        throw invalid();
      at += 1;
      here.reader.end?.(at);
      here = above.pop() ?? here;
      expected = afterValue();
    } else {
      if (expected !== 'value' && expected !== 'element or end') throw invalid();
      if (byte === OBJECT || byte === ARRAY) {
        if (above.length >= MAX_DEPTH) throw new AmbiguousJson(`nested deeper than ${MAX_DEPTH} levels`);
        const isObject = byte === OBJECT;
        const reader = here.reader.open?.(here.key, isObject ? 'object' : 'array', at) ?? NO_CALLBACKS;
        above.push(here);
        here = { reader, isObject, key: '' };
        expected = isObject ? 'key or end' : 'element or end';
        at += 1;
      } else {
        const end = literalEnd(bytes, at);
        if (end < 0) throw invalid();
        here.reader.literal?.(here.key, { start: at, end }, false);
        at = end;
        expected = afterValue();
      }
    }
  }
  if (expected !== 'nothing') throw invalid();
}

/** The text of a string, from its span with the quotes. */
export function stringOf(bytes: Buffer, { start, end }: Span): string {
  const content = bytes.subarray(start + 1, end - 1);
  return content.includes(BACKSLASH)
    ? (JSON.parse(bytes.toString('utf8', start, end)) as string)
    : content.toString('utf8');
}

function keyOf(bytes: Buffer, start: number, end: number, reader: Reader): string {
  return reader === NO_CALLBACKS || end - start > MAX_KEY_BYTES ? '' : stringOf(bytes, { start, end });
}

function invalid(): AmbiguousJson {
  return new AmbiguousJson('not valid JSON', true);
}
