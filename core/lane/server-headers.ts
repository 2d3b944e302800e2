import { OUTPUT_HEADERS } from './outputs.ts';

/**
 * The response headers of a server that Envoy keeps, by lower-case name; it removes all others (decision 049). What is missing here is
 * missing on purpose: caching (a response depends on its caller, and MCP has its own hints in the body), `retry-after` and rate limits
 * (clients would take them for the gateway's), and whatever tells a browser how to treat the gateway's origin.
 */
export const SERVER_HEADERS = {
  ':status': 'the status itself',
  'content-type': 'how to read the body',
  'content-length': 'how long the body is',
  'content-encoding': 'how to decode the body, in the lanes whose requests keep `accept-encoding`',
  allow: 'the methods of a resource; required with 405 (RFC 9110, section 15.5.6)',
  location: 'where a redirect leads; Envoy moves it into its metadata before a client can see it',
  'mcp-protocol-version': 'the revision of the response',
  [OUTPUT_HEADERS.session.name]: "the server's id of a session; each lane replaces or removes it",
  'x-accel-buffering': 'asks proxies in front of the gateway not to hold back an event stream',
} as const satisfies Readonly<Record<string, string>>;

/** A node of a tree of names, by next character. */
interface Node {
  isName: boolean;
  readonly next: Map<string, Node>;
}

/**
 * A regular expression for every text but these names. RE2, which Envoy uses, has no negation, so it is spelled out: at each character the
 * text ends too early, goes another way, or goes on like one of the names.
 */
export function allBut(names: readonly string[]): string {
  const root: Node = { isName: false, next: new Map() };
  for (const name of names) {
    let node = root;
    for (const character of name) {
      const next = node.next.get(character) ?? { isName: false, next: new Map() };
      node.next.set(character, next);
      node = next;
    }
    node.isName = true;
  }
  return othersThan(root);
}

function othersThan({ isName, next }: Node): string {
  if (next.size === 0) return '.+';
  const characters = [...next.keys()].sort().map((character) => (character === '-' ? '\\-' : character));
  const ways = [...next].sort(([a], [b]) => (a < b ? -1 : 1)).map(([character, node]) => character + othersThan(node));
  return `(?:[^${characters.join('')}].*|${ways.join('|')})${isName ? '' : '?'}`;
}
