import fc from 'fast-check';

/** Method, path, Host and body. */
export type Asked = [string, string, string, Buffer];
/** Headers by name; undefined stands for an absent one. */
export type Headers = Record<string, string | undefined>;

/** A text with at most one character changed. */
export const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(Math.max(0, text.length - 1)), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([at, other]) => text.slice(0, at) + other + text.slice(at + 1));

/** Any short text. */
export const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const hosts = fc.oneof({ weight: 6, arbitrary: fc.constant('localhost:8080') }, fc.domain(), anyText);
const paths = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('/a/mcp', '/b/mcp', '/c/mcp', '/a/mcp?x=1', '/d/mcp', '/a/sse', '/', '/__proto__/mcp'),
  },
  fc.webPath(),
  anyText,
);
const methods = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('POST', 'GET', 'DELETE') },
  fc.constantFrom('PUT', 'HEAD', ''),
  anyText,
);
const messages = fc.record(
  {
    jsonrpc: fc.constantFrom<unknown>('2.0', '1.0'),
    id: fc.oneof(fc.integer(), anyText, fc.double(), fc.constant(null), fc.jsonValue()),
    method: fc.oneof(fc.constantFrom<unknown>('initialize', 'tools/call', 'ping', 'server/discover'), fc.jsonValue()),
    params: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
/** Bodies of ordinary requests. */
export const usual = ['initialize', 'ping'].map((method) =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} })),
);
/** Valid and invalid bodies. */
export const bodies = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...usual) },
  { weight: 5, arbitrary: messages.map((value) => Buffer.from(JSON.stringify(value))) },
  fc.array(messages, { maxLength: 3 }).map((value) => Buffer.from(JSON.stringify(value))),
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
/** A value or, in half of the runs, none. */
export const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Headers besides credentials and sessions. */
export const otherHeaders = fc.record({
  'content-type': option(fc.oneof({ weight: 8, arbitrary: fc.constant('application/json') }, anyText)),
  'mcp-protocol-version': option(fc.oneof(fc.constantFrom('2025-11-25', '2026-07-28'), anyText)),
  'mcp-method': option(fc.oneof(fc.constantFrom('ping', 'initialize'), anyText)),
  'mcp-name': option(anyText),
  origin: option(fc.oneof(fc.constantFrom('http://localhost:1', 'http://evil.example'), anyText)),
});

const line = fc.tuple(methods, paths, hosts, bodies);
const soundLine = fc.tuple(
  fc.constantFrom('POST', 'GET', 'DELETE'),
  fc.constantFrom('/a/mcp', '/b/mcp', '/c/mcp?x=1'),
  fc.constant('localhost:1'),
  fc.constantFrom(...usual),
);
const soundHeaders = fc.constant<Headers>({ 'content-type': 'application/json' });
/** Requests. Half of them are valid, so that the properties are not trivially true. */
export const requests: fc.Arbitrary<[Asked, Headers]> = fc.oneof(
  fc.tuple(line, otherHeaders),
  fc.tuple(soundLine, soundHeaders),
);
