// Family: paths that mean one backend to Envoy and another to ext-authz or to a server, and backends that must be indistinguishable.
import { expect } from 'chai';
import {
  type Attack,
  alike,
  INVALID,
  itHolds,
  MALFORMED,
  NO_SUCH_SERVER,
  type Outcome,
  UNAUTHORIZED,
} from './attack.ts';
import type { Call, Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

const to = (path: string, outcome: Outcome): Attack => [
  path.length < 80 ? path : `${path.slice(0, 30)}… of ${path.length} characters`,
  (at) => sendBytes(at, { line: `POST ${path} HTTP/1.1` }),
  outcome,
];

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const PATHS: Attack[] = [
  to('/jira%2Fmcp', MALFORMED),
  to('/jira%2fmcp', MALFORMED),
  to('/jira%5Cmcp', MALFORMED),
  to('/jira/..%2fcrm/mcp', MALFORMED),
  to('/jira/mcp%00', MALFORMED),
  to('/jira/mcp%0d%0aX-Mcp-Subject:%20root', NO_SUCH_SERVER),
  to('/jira%252Fmcp', NO_SUCH_SERVER),
  to('/%6airb/mcp', NO_SUCH_SERVER),
  to('/JIRA/mcp', NO_SUCH_SERVER),
  to('/jira/MCP', NO_SUCH_SERVER),
  to('/jira/mcp/', NO_SUCH_SERVER),
  to('/jira/mcp/../../crm/mcp', NO_SUCH_SERVER),
  to('/jira/../crm/mcp', NO_SUCH_SERVER),
  to('/jira/mcp/..;/..;/crm/mcp', NO_SUCH_SERVER),
  to('/jira;crm/mcp', NO_SUCH_SERVER),
  to('/jira/mcp;a=b', NO_SUCH_SERVER),
  to('//jira/mcp', NO_SUCH_SERVER),
  to('//crm/mcp', NO_SUCH_SERVER),
  to('/jira//mcp', NO_SUCH_SERVER),
  to('/jira/mcp/more', NO_SUCH_SERVER),
  to('/crm\\..\\jira\\mcp\\..\\..\\crm\\mcp', NO_SUCH_SERVER),
  to('/backend/jira/mcp', NO_SUCH_SERVER),
  to('/backend%2Fjira/mcp', MALFORMED),
  to('/__proto__/mcp', NO_SUCH_SERVER),
  to('/constructor/mcp', NO_SUCH_SERVER),
  to('/-/mcp', NO_SUCH_SERVER),
  to('/*/mcp', NO_SUCH_SERVER),
  to(`/${'a'.repeat(64)}/mcp`, NO_SUCH_SERVER),
  to(`/${'a'.repeat(30_000)}/mcp`, NO_SUCH_SERVER),
  to(`/${'x/../'.repeat(5_000)}crm/mcp`, NO_SUCH_SERVER),
  to(`/${'a'.repeat(70_000)}/mcp`, [431, -32000]),
  to('/admin/mcp', NO_SUCH_SERVER),
  to('/metrics', NO_SUCH_SERVER),
  to('/readyz', NO_SUCH_SERVER),
  to('/jira/sse', [410, -32000]),
  to('/crm/../jira/mcp', 'passes'),
  to('/./jira/./mcp?x=/../crm/mcp', 'passes'),
];

/** Paths below the metadata, which needs no token. */
const AROUND: Attack[] = [
  '/../../jira/mcp',
  '/%2e%2e/%2e%2e/jira/mcp',
  '/..\\..\\jira\\mcp',
  '\\..\\..\\jira\\mcp',
  '/jira/mcp/../../../../jira/mcp',
].map((path) => [
  `no token, ${WELL_KNOWN}${path}`,
  (at) => sendBytes(at, { line: `POST ${WELL_KNOWN}${path} HTTP/1.1`, without: ['authorization'] }),
  UNAUTHORIZED,
]);

/** Requests with which a caller might find out whether a forbidden backend exists. */
const QUESTIONS: Record<string, Call> = {
  'a call': {},
  initialize: { body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' },
  'a call that is not JSON': { body: '{' },
  'a call with another type': { headers: { 'content-type': 'text/plain' } },
  'a call that is compressed': { headers: { 'content-encoding': 'gzip' } },
  'a GET': { method: 'GET', body: '' },
  'a GET with a session': { method: 'GET', body: '', headers: { 'mcp-session-id': 'AAAA' } },
  'a DELETE with a session': { method: 'DELETE', body: '', headers: { 'mcp-session-id': 'AAAA' } },
  'a PUT': { method: 'PUT' },
  'a preflight': {
    method: 'OPTIONS',
    body: '',
    headers: { origin: 'http://localhost', 'access-control-request-method': 'POST' },
  },
  'a token in the query': { path: '/BACKEND/mcp?access_token=x' },
  'a large call': { body: `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'x'.repeat(100_000)}"}}` },
};

/** A path leads to a backend that the caller may use, or looks like one that does not exist. */
export function paths(ground: () => Ground): void {
  describe('paths', () => {
    itHolds(ground, [...PATHS, ...AROUND]);
    itHolds(ground, [
      ['the admin page of Envoy', (at) => at.call({ method: 'GET', path: '/clusters', body: '' }), NO_SUCH_SERVER],
      ['a query that is a request line', (at) => sendBytes(at, { line: 'POST /jira/mcp?a%0d%0ab HTTP/1.1' }), 'passes'],
      ['an encoded path behind the query', (at) => at.call({ path: '/jira/mcp?/%2e%2e/&ACCESS_TOKEN=x' }), INVALID],
    ]);

    for (const [what, { path, ...question }] of Object.entries(QUESTIONS)) {
      it(`${what} does not reveal which backends exist`, async () => {
        const at = ground();
        const before = at.arrived();
        const ask = async (backend: string) =>
          alike(await at.call({ ...question, backend, path: (path ?? '/BACKEND/mcp').replace('BACKEND', backend) }));
        const none = await ask('none');
        // A backend of another tenant, one for a role that the caller lacks, and none. All names have the same length.
        expect(await ask('crm')).to.deep.equal(none);
        expect(await ask('vault')).to.deep.equal(none);
        expect(at.arrived()).to.equal(before);
      });
    }
  });
}
