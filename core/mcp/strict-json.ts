import { type JsonScan, scanJson } from './json-scan.ts';

/** A text that is not JSON, or that two servers could read differently, or that takes too long to parse. */
export class AmbiguousJson extends Error {
  override readonly name = 'AmbiguousJson';
  /** Whether the text is not JSON at all. */
  readonly invalid: boolean;

  constructor(message: string, invalid = false) {
    super(message);
    this.invalid = invalid;
  }
}

/** The body of an MCP request. */
export interface StrictJson {
  value: unknown;
  /** The text of the member `id` of the outermost object, if it is neither a string nor structured. */
  id: string | undefined;
}

/**
 * Parses the body of an MCP request and ensures that it means the same to every server: no object has a duplicate key, and keys that
 * decide what a caller may do have their usual spelling.
 *
 * @throws AmbiguousJson
 */
export function parseStrictly(text: string): StrictJson {
  // First, because it takes a bounded time for any text.
  const { id, ambiguity, excess }: JsonScan = scanJson(text);
  if (excess !== undefined) throw new AmbiguousJson(`the body has ${excess}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AmbiguousJson('not valid JSON', true);
  }
  if (ambiguity !== undefined) throw new AmbiguousJson(`the body is ambiguous: ${ambiguity}`);
  return { value, id };
}
