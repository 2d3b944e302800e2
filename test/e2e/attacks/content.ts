// Family: bodies that a server may read differently from the gateway, or not at all. Types, charsets, compression, bytes that are not
// UTF-8, texts that are almost JSON, and bodies that are too large or too deep.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  type Attack,
  FORBIDDEN,
  INVALID,
  itHolds,
  NOT_JSON,
  type Outcome,
  UNAUTHORIZED,
  WRONG_TYPE,
} from './attack.ts';
import { FORBIDDEN_CALL, post, rpc } from './message.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

const TOO_LARGE: Outcome = [413, -32017];
const MIB = 1 << 20;

const type = (value: string, outcome: Outcome = WRONG_TYPE, body: string | Buffer = GET_ISSUE) =>
  post(`Content-Type: ${value}`, body, outcome, { headers: { 'content-type': value } });

/** `get_all`, which is denied, for a server that decodes UTF-7; a tool that is allowed for one that does not. */
const UTF7 = rpc('tools/call', { name: 'get_+AGEAbABs-' });

const TYPES: Attack[] = [
  type('application/json', 'passes'),
  type('APPLICATION/JSON', 'passes'),
  type('Application/Json; Charset="UTF-8"', 'passes'),
  type('application/json;charset=utf-8', 'passes'),
  type('application/json; charset=utf-7', WRONG_TYPE, UTF7),
  type('application/json; CHARSET="UTF-7"', WRONG_TYPE, UTF7),
  type('application/json; charset=utf-8; charset=utf-7', WRONG_TYPE, UTF7),
  type("application/json; charset*=utf-8''utf-7", WRONG_TYPE, UTF7),
  type('application/json; charset=utf-16le', WRONG_TYPE, Buffer.from(GET_ISSUE, 'utf16le')),
  type('application/json; charset=shift_jis'),
  type('text/json'),
  type('application/json5'),
  type('application/jsonp'),
  type('application/vnd.api+json'),
  type('application/*'),
  type('text/plain; a=application/json'),
  type('application/x-www-form-urlencoded'),
  type('multipart/form-data; boundary=application/json'),
  type(''),
  type('application/json, application/json'),
  type('application/json, text/plain'),
  ['no Content-Type', (at) => sendBytes(at, { without: ['content-type'] }), WRONG_TYPE],
];

const encoded = (what: string, encoding: string, body: string | Buffer, outcome: Outcome = WRONG_TYPE) =>
  post(`Content-Encoding: ${encoding}, ${what}`, body, outcome, { headers: { 'content-encoding': encoding } });

const ENCODINGS: Attack[] = [
  encoded('a forbidden call', 'gzip', gzipSync(FORBIDDEN_CALL)),
  encoded('a forbidden call', 'deflate', deflateSync(FORBIDDEN_CALL)),
  encoded('a forbidden call', 'br', brotliCompressSync(FORBIDDEN_CALL)),
  encoded('a body that is not', 'br', GET_ISSUE),
  encoded('a body that is not', 'identity, gzip', GET_ISSUE),
  encoded('a body that is not', 'x-unknown', GET_ISSUE),
  encoded('a body that is not', 'identity', GET_ISSUE, 'passes'),
  post('gzip without Content-Encoding', gzipSync(FORBIDDEN_CALL), NOT_JSON),
];

const bytes = (...values: number[]) =>
  Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_'),
    Buffer.from(values),
    Buffer.from('"}}'),
  ]);

const TEXTS: Attack[] = [
  post('a byte order mark', `\ufeff${GET_ISSUE}`, 'passes'),
  post('a byte order mark before a forbidden call', `\ufeff${FORBIDDEN_CALL}`, FORBIDDEN),
  post('two byte order marks', `\ufeff\ufeff${GET_ISSUE}`, NOT_JSON),
  post('a byte order mark after a space', ` \ufeff${GET_ISSUE}`, NOT_JSON),
  post('UTF-16', Buffer.from(GET_ISSUE, 'utf16le'), NOT_JSON),
  post('UTF-16 with its byte order mark', Buffer.from(`\ufeff${GET_ISSUE}`, 'utf16le'), NOT_JSON),
  post('a byte that is not UTF-8', bytes(0xff), NOT_JSON),
  post('truncated UTF-8', bytes(0xe2, 0x82), NOT_JSON),
  post('overlong UTF-8', bytes(0xc1, 0xa1), NOT_JSON),
  post('half a surrogate pair in UTF-8', bytes(0xed, 0xa0, 0x80), NOT_JSON),
  post('a zero byte in a text', bytes(0), NOT_JSON),
  post('a line break in a text', bytes(0x0a), NOT_JSON),
  post('nothing', '', NOT_JSON),
  post('white space', ' \r\n\t', NOT_JSON),
  post('a space of another kind', `\u00a0${GET_ISSUE}`, NOT_JSON),
  post('a comment', `/* */${GET_ISSUE}`, NOT_JSON),
  post('a comment to the end of the line', `${GET_ISSUE}//`, NOT_JSON),
  post('a comma too many', GET_ISSUE.replace(/}$/, ',}'), NOT_JSON),
  post('single quotes', GET_ISSUE.replaceAll('"', "'"), NOT_JSON),
  post('a key without quotes', GET_ISSUE.replace('"id"', 'id'), NOT_JSON),
  post('NaN', GET_ISSUE.replace('"call"', 'NaN'), NOT_JSON),
  post('a number in hex', GET_ISSUE.replace('"call"', '0x1'), NOT_JSON),
  post('a number with a leading zero', GET_ISSUE.replace('"call"', '01'), NOT_JSON),
  post('half of it', GET_ISSUE.slice(0, 40), NOT_JSON),
  post('all but the last byte', GET_ISSUE.slice(0, -1), NOT_JSON),
  post('null', 'null', INVALID),
  post('a text', JSON.stringify(GET_ISSUE), INVALID),
  post('an empty object', '{}', INVALID),
];

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
/** In the arguments, which are three levels down. */
const deep = (levels: number) =>
  rpc('tools/call', { name: 'get_issue', arguments: { a: 0 } }).replace('0}', `${nested(levels - 3)}}`);
const padded = (size: number) => GET_ISSUE.replace('}}', `,"arguments":{"a":"${'x'.repeat(size)}"}}}`);
const exactly = (size: number) => padded(size - Buffer.byteLength(padded(0)));

const withBody = (what: string, line: string, first: string[] = []): Attack => [
  what,
  (at) => sendBytes(at, { line, first, body: FORBIDDEN_CALL }),
  INVALID,
];

const SIZES: Attack[] = [
  post('128 levels', deep(128), 'passes'),
  post('129 levels', deep(129), INVALID),
  post('100,000 levels', nested(100_000), INVALID),
  post('100,000 levels of objects that never end', '{"a":'.repeat(100_000), INVALID),
  [
    '100,000 levels without a token',
    (at) => sendBytes(at, { without: ['authorization'], body: nested(30_000) }),
    UNAUTHORIZED,
  ],
  post('1 MiB', exactly(MIB), 'passes'),
  post('1 MiB and a byte', exactly(MIB + 1), TOO_LARGE),
  [
    '1 MiB and a byte in chunks',
    (at) => {
      const body = exactly(MIB + 1);
      const chunks = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      return sendBytes(at, { first: ['Transfer-Encoding: chunked'], without: ['content-length'], body: chunks });
    },
    TOO_LARGE,
  ],
  withBody('a GET with a body', 'GET /jira/mcp HTTP/1.1'),
  withBody('a DELETE with a body', 'DELETE /jira/mcp HTTP/1.1'),
  withBody('a GET with a body that claims to be a POST', 'GET /jira/mcp HTTP/1.1', ['X-Http-Method-Override: POST']),
];

/** The gateway reads a body as every server does, or denies it. */
export function oddBodies(ground: () => Ground): void {
  describe('bodies that can be read in several ways', () =>
    itHolds(ground, [...TYPES, ...ENCODINGS, ...TEXTS, ...SIZES]));
}
