import { AmbiguousJson } from './strict-json.ts';

const [QUOTE, BACKSLASH, MINUS, PLUS, DOT, ZERO, NINE] = [0x22, 0x5c, 0x2d, 0x2b, 0x2e, 0x30, 0x39];
const SPACE = 0x20;

/** What may follow a backslash, without `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const U = 0x75;

const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/**
 * Scans the content of a JSON string. Returns the position of the quote that ends it, or of the first character at `until` or after it
 * that was not scanned.
 *
 * @throws AmbiguousJson if the string has a control character or an escape that JSON does not have
 */
export function scanString(bytes: Buffer, from: number, until: number): number {
  const stop = Math.min(until, bytes.length);
  let at = from;
  while (at < stop) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at;
    if (byte < SPACE) throw new AmbiguousJson('not valid JSON', true);
    at += byte === BACKSLASH ? escapeLength(bytes, at) : 1;
  }
  return at;
}

/** Whether a byte is white space of JSON. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The position of the first byte that is not white space, at most `until`. */
export function skipSpace(bytes: Buffer, from: number, until: number): number {
  const stop = Math.min(until, bytes.length);
  let at = from;
  while (at < stop && isSpace(bytes[at] ?? 0)) at += 1;
  return at;
}

/** The end of the number, `true`, `false` or `null` at a position; -1 if there is none. */
export function literalEnd(bytes: Buffer, at: number): number {
  const byte = bytes[at] ?? 0;
  if (byte === MINUS || isDigit(byte)) return numberEnd(bytes, at);
  const word = WORDS.find((one) => one[0] === byte);
  return word !== undefined && bytes.compare(word, 0, word.length, at, Math.min(at + word.length, bytes.length)) === 0
    ? at + word.length
    : -1;
}

function escapeLength(bytes: Buffer, at: number): number {
  const kind = bytes[at + 1] ?? 0;
  if (ESCAPES.has(kind)) return 2;
  const isHex = kind === U && [2, 3, 4, 5].every((offset) => isHexDigit(bytes[at + offset] ?? 0));
  if (!isHex) throw new AmbiguousJson('not valid JSON', true);
  return 6;
}

// RFC 8259, section 6.
function numberEnd(bytes: Buffer, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const integer = digitsEnd(bytes, at);
  if (integer === at || (bytes[at] === ZERO && integer > at + 1)) return -1;
  at = integer;
  if (bytes[at] === DOT) {
    const fraction = digitsEnd(bytes, at + 1);
    if (fraction === at + 1) return -1;
    at = fraction;
  }
  if (((bytes[at] ?? 0) | SPACE) === 0x65) {
    const sign = bytes[at + 1];
    const digits = sign === MINUS || sign === PLUS ? at + 2 : at + 1;
    const exponent = digitsEnd(bytes, digits);
    if (exponent === digits) return -1;
    at = exponent;
  }
  return at;
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at] ?? 0)) at += 1;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | SPACE;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
