// Family: requests of 2026-07-28 whose headers and body disagree, and requests that mix the eras. The body decides what is
// allowed; a header that contradicts it is denied, so that it cannot mislead a server.
import { type Attack, FORBIDDEN, INVALID, itHolds, MISMATCH, type Outcome } from './attack.ts';
import { FORBIDDEN_CALL, post, rpc } from './message.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';

const REVISION = '2026-07-28';
const INVALID_PARAMS: Outcome = [400, -32602];

const envelope = (revision: unknown = REVISION) => ({
  'io.modelcontextprotocol/protocolVersion': revision,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
});
const SOUND = rpc('tools/call', { name: 'get_issue', _meta: envelope() });
const FORBIDDEN_MODERN = rpc('tools/call', { name: 'drop_it', _meta: envelope() });
const HEADERS = { 'mcp-protocol-version': REVISION, 'mcp-method': 'tools/call', 'mcp-name': 'get_issue' };
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

type Headers = Record<string, string | undefined>;

/** A valid request with these headers; undefined removes one. */
const modern = (what: string, change: Headers, outcome: Outcome, body = SOUND): Attack => {
  const given = Object.entries({ ...HEADERS, ...change }).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  return post(what, body, outcome, { headers: Object.fromEntries(given) });
};

const DISAGREE: Attack[] = [
  modern('a valid request', {}, 'passes'),
  modern('the name in base64', { 'mcp-name': base64('get_issue') }, 'passes'),
  modern('a forbidden tool under the name of another', {}, MISMATCH, FORBIDDEN_MODERN),
  modern('a forbidden tool under its name', { 'mcp-name': 'drop_it' }, FORBIDDEN, FORBIDDEN_MODERN),
  modern('a forbidden tool in base64', { 'mcp-name': base64('drop_it') }, FORBIDDEN, FORBIDDEN_MODERN),
  modern('an allowed tool under the name of a forbidden one', { 'mcp-name': 'drop_it' }, MISMATCH),
  modern('the name in capitals', { 'mcp-name': 'GET_ISSUE' }, MISMATCH),
  modern('an empty name', { 'mcp-name': '' }, MISMATCH),
  modern('two names', { 'mcp-name': 'get_issue, get_issue' }, MISMATCH),
  modern('no name', { 'mcp-name': undefined }, MISMATCH),
  modern('invalid base64', { 'mcp-name': '=?base64?????=' }, MISMATCH),
  modern('base64 without padding', { 'mcp-name': '=?base64?Z2V0X2lzc3Vl_?=' }, MISMATCH),
  modern('base64 that is not UTF-8', { 'mcp-name': '=?base64?/w==?=' }, MISMATCH),
  modern('base64 of the encoded name', { 'mcp-name': base64(base64('get_issue')) }, MISMATCH),
  modern('another method', { 'mcp-method': 'tools/list' }, MISMATCH),
  modern('the method in capitals', { 'mcp-method': 'Tools/Call' }, MISMATCH),
  modern('an empty method', { 'mcp-method': '' }, MISMATCH),
  modern('no method', { 'mcp-method': undefined }, MISMATCH),
  modern('a list under the name of a call', {}, MISMATCH, rpc('tools/list', { _meta: envelope() })),
  modern('a name if the body has none', {}, INVALID_PARAMS, rpc('tools/call', { _meta: envelope() })),
  modern(
    'a resource under the name of another',
    { 'mcp-method': 'resources/read', 'mcp-name': 'file:///pub/a' },
    MISMATCH,
    rpc('resources/read', { uri: 'file:///etc/a', _meta: envelope() }),
  ),
  modern(
    'a forbidden subscription',
    { 'mcp-method': 'subscriptions/listen', 'mcp-name': undefined },
    FORBIDDEN,
    rpc('subscriptions/listen', { notifications: { resourceSubscriptions: ['file:///etc/a'] }, _meta: envelope() }),
  ),
  modern('the envelope twice', {}, INVALID, SOUND.replace('"_meta":', '"_meta":{},"_meta":')),
];

const ERAS: Attack[] = [
  modern('no revision in the headers', { 'mcp-protocol-version': undefined }, MISMATCH),
  modern('a revision with sessions in the headers', { 'mcp-protocol-version': '2025-11-25' }, MISMATCH),
  modern('the revision twice', { 'mcp-protocol-version': `${REVISION}, ${REVISION}` }, MISMATCH),
  modern('an unknown revision in the headers', { 'mcp-protocol-version': '2099-01-01' }, MISMATCH),
  modern(
    'an unknown revision',
    { 'mcp-protocol-version': '2099-01-01' },
    [400, -32022],
    rpc('tools/call', { name: 'get_issue', _meta: envelope('2099-01-01') }),
  ),
  modern(
    'a revision that is not a text',
    {},
    INVALID_PARAMS,
    rpc('tools/call', { name: 'get_issue', _meta: envelope(5) }),
  ),
  modern(
    'half an envelope',
    {},
    INVALID_PARAMS,
    rpc('tools/call', { name: 'get_issue', _meta: { 'io.modelcontextprotocol/protocolVersion': REVISION } }),
  ),
  modern('headers of 2026 on a body without envelope', {}, INVALID_PARAMS, GET_ISSUE),
  modern(
    'headers of 2026 on a forbidden call without envelope',
    { 'mcp-name': 'drop_it' },
    INVALID_PARAMS,
    FORBIDDEN_CALL,
  ),
  modern(
    'headers of 2026 on initialize',
    { 'mcp-method': 'initialize', 'mcp-name': undefined },
    MISMATCH,
    rpc('initialize', { protocolVersion: REVISION }),
  ),
  modern('a batch', {}, INVALID, `[${SOUND}]`),
  modern('a batch of both eras', {}, INVALID, `[${GET_ISSUE},${FORBIDDEN_MODERN}]`),
  modern(
    'a forbidden notification',
    { 'mcp-name': undefined },
    FORBIDDEN,
    FORBIDDEN_MODERN.replace('"id":"call",', ''),
  ),
  modern('an unknown session is ignored', { 'mcp-session-id': 'unknown' }, 'passes'),
  post('an older request with the name of another tool', FORBIDDEN_CALL, MISMATCH, {
    headers: { 'mcp-name': 'get_issue' },
  }),
  post('an older request with another method', FORBIDDEN_CALL, MISMATCH, { headers: { 'mcp-method': 'ping' } }),
  post('an older batch with the name of another tool', `[${FORBIDDEN_CALL}]`, FORBIDDEN, {
    headers: { 'mcp-name': 'get_issue' },
  }),
  post('an older request with an invalid revision', GET_ISSUE, INVALID_PARAMS, {
    headers: { 'mcp-protocol-version': 'x' },
  }),
];

/** A request has one era, and its headers agree with its body. */
export function disagreeingHeaders(ground: () => Ground): void {
  describe('headers and bodies that disagree', () => itHolds(ground, [...DISAGREE, ...ERAS]));
}
