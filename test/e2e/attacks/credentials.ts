// Family: valid tokens in wrong places. A token counts in one Authorization header and nowhere else, and never reaches a server.
import { expect } from 'chai';
import { parse } from '../../fixtures/replica-server/client.ts';
import { type Attack, INVALID, itHolds, UNAUTHORIZED } from './attack.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

/** A request whose head has these lines in place of its Authorization. */
const by = (what: string, lines: (token: string) => string[], outcome: Attack[2] = UNAUTHORIZED): Attack => [
  what,
  (at) => sendBytes(at, { first: lines(at.token), without: ['authorization'] }),
  outcome,
];

const HEADERS: Attack[] = [
  by('no token', () => []),
  by('an empty Authorization', () => ['Authorization:']),
  by('no scheme', (token) => [`Authorization: ${token}`]),
  by('Bearer and nothing', () => ['Authorization: Bearer']),
  by('Basic', (token) => [`Authorization: Basic ${token}`]),
  by('Basic with the token as password', (token) => [
    `Authorization: Basic ${Buffer.from(`alice:${token}`).toString('base64')}`,
  ]),
  by('DPoP', (token) => [`Authorization: DPoP ${token}`]),
  by('Bearer twice', (token) => [`Authorization: Bearer Bearer ${token}`]),
  by('a tab behind Bearer', (token) => [`Authorization: Bearer\t${token}`]),
  by('no space behind Bearer', (token) => [`Authorization: Bearer:${token}`]),
  by('quotes', (token) => [`Authorization: Bearer "${token}"`]),
  by('more behind the token', (token) => [`Authorization: Bearer ${token} x`]),
  by('a parameter behind the token', (token) => [`Authorization: Bearer ${token}; charset=utf-8`]),
  by('two tokens', (token) => [`Authorization: Bearer ${token}, Bearer ${token}`]),
  by('the header twice', (token) => [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`]),
  by('the header twice, the second one bad', (token) => [`Authorization: Bearer ${token}`, 'Authorization: Bearer x']),
  by('the header twice, the first one bad', () => ['Authorization: Basic eDp4', 'Authorization: Bearer x']),
  by('the token in a cookie', (token) => [`Cookie: access_token=${token}; Authorization=Bearer ${token}`]),
  by('the token in Proxy-Authorization', (token) => [`Proxy-Authorization: Bearer ${token}`]),
  by('the token in X-Authorization', (token) => [`X-Authorization: Bearer ${token}`, `X-Access-Token: ${token}`]),
  by('the token as a session', (token) => [`Mcp-Session-Id: ${token}`]),
  by('an Authorization that Connection names', (token) => [
    `Authorization: Bearer ${token}`,
    'Connection: close, authorization',
  ]),
  by('bearer in lower case', (token) => [`authorization: bearer ${token}`], 'passes'),
  by('two spaces behind Bearer', (token) => [`Authorization: Bearer  ${token}`], 'passes'),
  by('a folded header', (token) => ['Authorization: Bearer', ` ${token}`], 'passes'),
];

/** A token in the query would reach the server and its logs, so it is denied even with a valid one in the header. */
const QUERIES = (
  [
    'access_token',
    'Access_Token',
    'access%5Ftoken',
    '%61ccess_token',
    'a=1&access_token',
    'a;access_token',
    'access_token[]',
    '+access_token',
  ] as const
).map(
  (name): Attack => [`?${name}= in the query`, (at) => at.call({ path: `/jira/mcp?${name}=${at.token}` }), INVALID],
);

const BODIES: Attack[] = [
  [
    'the token in a form',
    (at) =>
      sendBytes(at, {
        first: ['Content-Type: application/x-www-form-urlencoded'],
        without: ['authorization', 'content-type'],
        body: `access_token=${at.token}`,
      }),
    UNAUTHORIZED,
  ],
  [
    'the token in the message',
    (at) => {
      const body = JSON.stringify({ ...JSON.parse(GET_ISSUE), access_token: at.token, authorization: at.token });
      return sendBytes(at, { without: ['authorization'], body });
    },
    UNAUTHORIZED,
  ],
];

/** A token counts in one place only and is not passed on. */
export function tokensInOtherPlaces(ground: () => Ground): void {
  describe('tokens in other places', () => {
    itHolds(ground, [...HEADERS, ...QUERIES, ...BODIES]);

    it('none of them reaches a server', async () => {
      const at = ground();
      const first = [`Proxy-Authorization: Bearer ${at.token}`, `Cookie: access_token=${at.token}`];
      const { result } = parse(await sendBytes(at, { first }));
      expect(JSON.stringify(result)).to.include('"x-mcp-subject":"alice"').and.not.include(at.token);
    });
  });
}
