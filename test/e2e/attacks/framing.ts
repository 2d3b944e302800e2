// Family: the end and the target of a request. Request smuggling, request lines and variants of Host.
import { type Attack, FORBIDDEN, itHolds, MALFORMED, NO_SUCH_SERVER, type Outcome } from './attack.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes, type WireRequest } from './wire.ts';

const LENGTH = Buffer.byteLength(GET_ISSUE);
const CHUNKED = `${LENGTH.toString(16)}\r\n${GET_ISSUE}\r\n0\r\n\r\n`;
/** Without a token, for another backend. */
const SECOND = `POST /crm/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${LENGTH}\r\n\r\n${GET_ISSUE}`;
const NOT_IMPLEMENTED: Outcome = [501, -32000];

/** The length of a body, given in another way than by one Content-Length. */
const length = (what: string, first: string[], outcome: Outcome, body = GET_ISSUE): Attack => [
  what,
  (at) => sendBytes(at, { first, without: ['content-length'], body }),
  outcome,
];

const BODIES: Attack[] = [
  length('chunked', ['Transfer-Encoding: chunked'], 'passes', CHUNKED),
  length('chunked and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4'], MALFORMED, CHUNKED),
  length('a length and chunked', ['Content-Length: 4', 'Transfer-Encoding: chunked'], MALFORMED, CHUNKED),
  length('chunked and something else', ['Transfer-Encoding: gzip, chunked'], NOT_IMPLEMENTED, CHUNKED),
  length('something like chunked', ['Transfer-Encoding: xchunked'], NOT_IMPLEMENTED, CHUNKED),
  length('chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], NOT_IMPLEMENTED, CHUNKED),
  length('chunked with a space before the colon', ['Transfer-Encoding : chunked'], MALFORMED, CHUNKED),
  length('chunked behind a vertical tab', ['Transfer-Encoding: \x0bchunked'], MALFORMED, CHUNKED),
  length('a chunk without a length', ['Transfer-Encoding: chunked'], MALFORMED, `zz\r\n${GET_ISSUE}\r\n0\r\n\r\n`),
  length('two lengths', [`Content-Length: ${LENGTH}`, 'Content-Length: 4'], MALFORMED),
  length('the same length twice', [`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`], MALFORMED),
  length('a list of lengths', [`Content-Length: ${LENGTH}, ${LENGTH}`], MALFORMED),
  length('a length with a sign', [`Content-Length: +${LENGTH}`], MALFORMED),
  length('a length in hex', ['Content-Length: 0x10'], MALFORMED),
  length('a negative length', ['Content-Length: -1'], MALFORMED),
  length('a second request behind the body', [`Content-Length: ${LENGTH}`], 'passes', `${GET_ISSUE}${SECOND}`),
  length('a length too long for a number', ['Content-Length: 99999999999999999999'], MALFORMED),
];

const line = (text: string, outcome: Outcome, more: WireRequest = {}): Attack => [
  JSON.stringify(text),
  (at) => sendBytes(at, { line: text.replaceAll('HOST', new URL(at.gateway.url).host), ...more }),
  outcome,
];

const LINES: Attack[] = [
  line('POST http://evil.example/jira/mcp HTTP/1.1', FORBIDDEN),
  line('POST http://localhost@evil.example/jira/mcp HTTP/1.1', FORBIDDEN),
  line('POST https://HOST/jira/mcp HTTP/1.1', [403, -32000]),
  line('POST ftp://HOST/jira/mcp HTTP/1.1', MALFORMED),
  // RFC 9112, section 3.2.2: Host is ignored then.
  line('POST http://HOST/jira/mcp HTTP/1.1', 'passes', { first: ['Host: evil.example'], without: ['host'] }),
  line('POST http://HOST/crm/mcp HTTP/1.1', NO_SUCH_SERVER, { first: ['Host: jira'], without: ['host'] }),
  line('POST jira/mcp HTTP/1.1', MALFORMED),
  line('POST * HTTP/1.1', MALFORMED),
  line('POST /jira/mcp#/../../crm/mcp HTTP/1.1', MALFORMED),
  line('POST /jira/mcp /crm/mcp HTTP/1.1', MALFORMED),
  line('POST /jira/m\u00e7p HTTP/1.1', MALFORMED),
  line('POST /jira/mcp\0 HTTP/1.1', MALFORMED),
  line('CONNECT HOST HTTP/1.1', MALFORMED),
  line('post /jira/mcp HTTP/1.1', MALFORMED),
  line('TRACE /jira/mcp HTTP/1.1', [405, -32000]),
  line('POST /jira/mcp HTTP/1.0', [426, -32000]),
  line('POST /jira/mcp HTTP/1.1', [403, -32000], {
    first: ['Upgrade: websocket', 'Connection: upgrade'],
    without: ['connection'],
  }),
];

const host = (value: string, outcome: Outcome = FORBIDDEN): Attack => [
  `Host: ${value}`,
  (at) => sendBytes(at, { first: [`Host: ${value}`], without: ['host'] }),
  outcome,
];

const HOSTS: Attack[] = [
  host(''),
  host('evil.example'),
  host('localhost.evil.example:8080'),
  host('127.0.0.1.evil.example'),
  host('localhost.'),
  host('127.0.0.1.:80'),
  host('localhost@evil.example'),
  host('evil.example@localhost'),
  host('localhost:80:80'),
  host('localhost:80a'),
  host('localhost:'),
  host('localhost, evil.example', MALFORMED),
  host('localhost,evil.example'),
  host('localhost/../evil.example', MALFORMED),
  host('0.0.0.0'),
  host('2130706433'),
  host('0x7f.1'),
  host('[::ffff:127.0.0.1]'),
  host('169.254.169.254'),
  host('LOCALHOST:80', 'passes'),
  ['two Hosts', (at) => sendBytes(at, { first: ['Host: localhost'] }), FORBIDDEN],
  [
    'two Hosts, the second one foreign',
    (at) => sendBytes(at, { first: ['Host: localhost', 'Host: evil.example'], without: ['host'] }),
    FORBIDDEN,
  ],
  ['no Host', (at) => sendBytes(at, { without: ['host'] }), MALFORMED],
  [
    'Host in X-Forwarded-Host',
    (at) => sendBytes(at, { first: ['Host: evil.example', 'X-Forwarded-Host: localhost'], without: ['host'] }),
    FORBIDDEN,
  ],
];

/** A request can be read in one way only, and names an expected host. */
export function framing(ground: () => Ground): void {
  describe('the end and the target of a request', () => {
    itHolds(ground, [...BODIES, ...LINES, ...HOSTS]);
  });
}
