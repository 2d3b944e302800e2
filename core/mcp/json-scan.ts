/** Maximum depth of a body. Servers with a recursive parser would fail on deeper ones. */
export const MAX_DEPTH = 128;

/** Maximum number of keys and values of a body. Parsing time grows with it more than with the length. */
export const MAX_VALUES = 65_536;

/** Maximum number of members of one object of a body. Objects with many distinct keys are the slowest to parse. */
export const MAX_MEMBERS = 8_192;

/** Characters of a key that a message repeats. */
const MAX_QUOTED = 200;

/** Up to this number of keys, comparing them is faster than a set. */
const FEW_KEYS = 8;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d];
const SPACE = 0x20;

/** Keys that folding does not change. */
const PLAIN = /^[a-z0-9_]*$/;

/** Position of an object in a message. Elsewhere, keys do not decide what a caller may do. */
type Position = 'message' | 'params' | 'ref' | 'notifications' | 'elsewhere';

/** Members that decide. Other spellings of them are rejected, since some servers treat `Method` as `method`. */
const MEMBERS: Readonly<Record<Position, ReadonlyMap<string, string>>> = {
  message: spellings('jsonrpc', 'id', 'method', 'params', 'result', 'error'),
  params: spellings('name', 'uri', 'arguments', 'task', 'taskId', 'ref', 'notifications'),
  ref: spellings('type', 'name', 'uri'),
  notifications: spellings('resourceSubscriptions'),
  elsewhere: spellings(),
};

interface OpenValue {
  isObject: boolean;
  position: Position;
  /** The first keys, and from the ninth on all of them in `all`. */
  few: string[];
  all: Set<string> | undefined;
  /** The key that was read last. */
  key: string;
}

/** What is known of a text that may be JSON. It is right only if the text is JSON. */
export interface JsonScan {
  /** The text of the member `id` of the outermost object, if it is neither a string nor structured. */
  id: string | undefined;
  /** Why two servers could read the text differently. */
  ambiguity: string | undefined;
  /** Which limit the text exceeds. It is not scanned to its end then, and should not be parsed. */
  excess: string | undefined;
}

/**
 * Scans a text for duplicate keys (RFC 8259, section 4, leaves open which one counts), for members with another spelling, and for the
 * limits of a body. Takes time in proportion to the text, a few milliseconds for 1 MiB.
 */
export function scanJson(text: string): JsonScan {
  const scan: JsonScan = { id: undefined, ambiguity: undefined, excess: undefined };
  const open: OpenValue[] = [];
  let top: OpenValue | undefined;
  let values = 0;
  let expectsKey = false;
  let expectsId = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === COLON) continue;
    if (code === COMMA) {
      expectsKey = top?.isObject === true;
      continue;
    }
    if (code === OBJECT_END || code === ARRAY_END) {
      open.pop();
      top = open.at(-1);
      expectsKey = false;
      continue;
    }
    values += 1;
    if (values > MAX_VALUES) return { ...scan, excess: `more than ${MAX_VALUES} keys and values` };
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end < 0) return scan; // Not JSON.
      if (expectsKey && top !== undefined) {
        const key = keyOf(text.slice(at + 1, end));
        scan.ambiguity ??= add(top, key);
        if ((top.all?.size ?? 0) > MAX_MEMBERS)
          return { ...scan, excess: `an object of more than ${MAX_MEMBERS} members` };
        expectsId = open.length === 1 && key === 'id';
        expectsKey = false;
      } else {
        expectsId = false;
      }
      at = end;
    } else if (code === OBJECT || code === ARRAY) {
      if (open.length >= MAX_DEPTH) return { ...scan, excess: `more than ${MAX_DEPTH} levels` };
      const isObject = code === OBJECT;
      top = { isObject, position: isObject ? positionOf(open) : 'elsewhere', few: [], all: undefined, key: '' };
      open.push(top);
      expectsKey = isObject;
      expectsId = false;
    } else {
      const end = endOfPrimitive(text, at);
      if (expectsId) scan.id = text.slice(at, end);
      expectsId = false;
      at = end - 1;
    }
  }
  return scan;
}

/**
 * A key in lower case, for comparing keys as case-insensitive servers and clients do. Converts to upper case first, since some letters
 * beyond ASCII, such as the long s and the Kelvin sign, fold to ASCII ones.
 */
export function fold(key: string): string {
  return PLAIN.test(key) ? key : key.toUpperCase().toLowerCase();
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return -1;
}

function endOfPrimitive(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code <= SPACE || code === COMMA || code === OBJECT_END || code === ARRAY_END || code === QUOTE) break;
    if (code === OBJECT || code === ARRAY || code === COLON) break;
  }
  return end;
}

function keyOf(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return raw; // Not JSON.
  }
}

// Adds a key to an object. Returns why it is ambiguous.
function add(object: OpenValue, key: string): string | undefined {
  object.key = key;
  const { few, all } = object;
  if (all === undefined ? few.includes(key) : all.has(key)) return `the key ${quote(key)} occurs twice`;
  if (all !== undefined) all.add(key);
  else if (few.length < FEW_KEYS) few.push(key);
  else object.all = new Set([...few, key]);
  // Copied with Object.assign, it would give the message members that it does not have.
  if (object.position === 'message' && key === '__proto__') return 'the key "__proto__" is not allowed';
  const member = object.position === 'elsewhere' ? undefined : MEMBERS[object.position].get(fold(key));
  return member === undefined || member === key ? undefined : `the key ${quote(key)} must be written ${quote(member)}`;
}

function quote(key: string): string {
  return JSON.stringify(key.length <= MAX_QUOTED ? key : `${key.slice(0, MAX_QUOTED)}…`);
}

function positionOf(open: readonly OpenValue[]): Position {
  const parent = open.at(-1);
  if (parent === undefined || (open.length === 1 && !parent.isObject)) return 'message';
  if (parent.position === 'message' && parent.key === 'params') return 'params';
  const within = parent.position === 'params' ? parent.key : '';
  return within === 'ref' || within === 'notifications' ? within : 'elsewhere';
}

function spellings(...members: string[]): ReadonlyMap<string, string> {
  return new Map(members.map((member) => [fold(member), member]));
}
