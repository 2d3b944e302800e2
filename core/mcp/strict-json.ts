import { visit } from 'jsonc-parser';

/** Maximum depth of a body. Servers with a recursive parser would fail on deeper ones. */
export const MAX_DEPTH = 128;

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
  kind: 'object' | 'array';
  position: Position;
  keys: Set<string>;
  /** The key that was read last. */
  key: string;
}

/** A text that is not JSON, or that two servers could read differently. */
export class AmbiguousJson extends Error {
  override readonly name = 'AmbiguousJson';
  /** Whether the text is not JSON at all. */
  readonly invalid: boolean;

  constructor(message: string, invalid = false) {
    super(message);
    this.invalid = invalid;
  }
}

/**
 * Parses the body of an MCP request and ensures that it means the same to every server: no object has a duplicate key (RFC 8259,
 * section 4, leaves open which one counts), and keys that decide what a caller may do have their usual spelling.
 *
 * @throws AmbiguousJson
 */
export function parseStrictly(text: string): unknown {
  const open: OpenValue[] = [];
  const begin = (kind: OpenValue['kind']) => {
    if (open.length >= MAX_DEPTH) throw new AmbiguousJson(`nested deeper than ${MAX_DEPTH} levels`);
    open.push({ kind, position: kind === 'object' ? positionOf(open) : 'elsewhere', keys: new Set(), key: '' });
  };
  visit(
    text,
    {
      onObjectBegin: () => begin('object'),
      onArrayBegin: () => begin('array'),
      onObjectEnd: () => void open.pop(),
      onArrayEnd: () => void open.pop(),
      onObjectProperty: (key) => {
        const object = open.at(-1);
        if (object === undefined) return;
        object.key = key;
        if (object.keys.has(key)) throw new AmbiguousJson(`the key ${JSON.stringify(key)} occurs twice`);
        object.keys.add(key);
        const member = object.position === 'elsewhere' ? undefined : MEMBERS[object.position].get(fold(key));
        if (member !== undefined && member !== key) {
          throw new AmbiguousJson(`the key ${JSON.stringify(key)} must be written ${JSON.stringify(member)}`);
        }
      },
      onError: () => {
        throw new AmbiguousJson('not valid JSON', true);
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  try {
    return JSON.parse(text);
  } catch {
    throw new AmbiguousJson('not valid JSON', true);
  }
}

function positionOf(open: readonly OpenValue[]): Position {
  const parent = open.at(-1);
  if (parent === undefined || (open.length === 1 && parent.kind === 'array')) return 'message';
  if (parent.position === 'message' && parent.key === 'params') return 'params';
  const within = parent.position === 'params' ? parent.key : '';
  return within === 'ref' || within === 'notifications' ? within : 'elsewhere';
}

function spellings(...members: string[]): ReadonlyMap<string, string> {
  return new Map(members.map((member) => [fold(member), member]));
}

/**
 * A key in lower case, for comparing keys as case-insensitive servers and clients do. Converts to upper case first, since some letters
 * beyond ASCII, such as the long s and the Kelvin sign, fold to ASCII ones.
 */
export function fold(key: string): string {
  return PLAIN.test(key) ? key : key.toUpperCase().toLowerCase();
}
