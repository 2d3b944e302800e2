// Family: tokens that the issuer did sign, with unsuitable claims: for another issuer or audience, too early or too late,
// without a valid subject. And claims that would give membership in a tenant, or a role, if they were misread.
import { machineSeconds } from '../../ext-authz/local-issuer.ts';
import { type Attack, FORBIDDEN, itHolds, NO_SUCH_SERVER, type Outcome, UNAUTHORIZED } from './attack.ts';
import { signText } from './forge.ts';
import type { Call, Ground } from './set-up.ts';

type Claims = Record<string, unknown>;
type Row = [what: string, claims: Claims | ((ground: Ground) => Claims)];

/** Tokens with these claims, by default for requests to `jira`. */
const rows = (outcome: Outcome, of: readonly Row[], call: Call = {}): Attack[] =>
  of.map(([what, claims]): Attack => {
    const claimsAt = (at: Ground) => (typeof claims === 'function' ? claims(at) : claims);
    return [what, async (at) => at.call({ ...call, token: await at.sign(claimsAt(at)) }), outcome];
  });

const inSeconds = (seconds: number) => machineSeconds() + seconds;
const host = (url: string) => new URL(url).host;

const ISSUERS: Row[] = [
  ['no iss', { iss: undefined }],
  ['an empty iss', { iss: '' }],
  ['iss as a list', ({ issuer }) => ({ iss: [issuer.url] })],
  ['iss with a slash at its end', ({ issuer }) => ({ iss: `${issuer.url}/` })],
  ['iss with a query', ({ issuer }) => ({ iss: `${issuer.url}?x` })],
  ['iss in upper case', ({ issuer }) => ({ iss: issuer.url.toUpperCase() })],
  ['iss with a space at its end', ({ issuer }) => ({ iss: `${issuer.url} ` })],
  ['iss by another name of the host', ({ issuer }) => ({ iss: issuer.url.replace('127.0.0.1', 'localhost') })],
  ['iss of another accepted issuer', ({ partner }) => ({ iss: partner.url })],
  ['iss of an unknown issuer', { iss: 'https://idp.example' }],
  ['iss that would end a header', { iss: 'x"\r\nset-cookie: a=b\r\n\r\n' }],
];

const AUDIENCES: Row[] = [
  ['no aud', { aud: undefined }],
  ['an empty aud', { aud: '' }],
  ['no aud in the list', { aud: [] }],
  ['the audience of another gateway', { aud: 'https://gateway.example' }],
  ['an audience that only begins like it', ({ gateway }) => ({ aud: `${gateway.url}.evil.example` })],
  ['an audience that is one character short', ({ gateway }) => ({ aud: gateway.url.slice(0, -1) })],
  ['an audience with two slashes', ({ gateway }) => ({ aud: `${gateway.url}//` })],
  ['the audience of another backend', ({ gateway }) => ({ aud: gateway.backendUrl('plain') })],
  ['the backend with a slash at its end', ({ gateway }) => ({ aud: `${gateway.backendUrl('jira')}/` })],
  ['the backend without /mcp', ({ gateway }) => ({ aud: `${gateway.url}/jira` })],
  ['the backend with a query', ({ gateway }) => ({ aud: `${gateway.backendUrl('jira')}?x` })],
  ['the backend in upper case', ({ gateway }) => ({ aud: `${gateway.url}/JIRA/mcp` })],
  ['the gateway by https', ({ gateway }) => ({ aud: gateway.url.replace('http:', 'https:') })],
  ['the gateway with a user', ({ gateway }) => ({ aud: `http://x@${host(gateway.url)}` })],
  ['the host alone', ({ gateway }) => ({ aud: host(gateway.url) })],
  ['a star', { aud: '*' }],
  ['the gateway in a list in a list', ({ gateway }) => ({ aud: [[gateway.url]] })],
  ['the gateway beside a number', ({ gateway }) => ({ aud: [gateway.url, 5] })],
  ['an object', ({ gateway }) => ({ aud: { 0: gateway.url } })],
];

const TIMES_AND_SUBJECTS: Row[] = [
  ['no exp', { exp: undefined }],
  ['exp in the past', () => ({ exp: inSeconds(-60) })],
  ['exp as text', () => ({ exp: String(inSeconds(3600)) })],
  ['exp below zero', { exp: -1 }],
  ['exp null', { exp: null }],
  ['exp in milliseconds', () => ({ exp: inSeconds(3600) * 1000 })],
  ['nbf in the future', () => ({ nbf: inSeconds(60) })],
  ['nbf as text', { nbf: '0' }],
  ['iat in the future', () => ({ iat: inSeconds(600) })],
  ['no sub', { sub: undefined }],
  ['an empty sub', { sub: '' }],
  ['sub as number', { sub: 5 }],
  ['sub as list', { sub: ['alice'] }],
  ['sub of 2,000 characters', { sub: 'x'.repeat(2_000) }],
  ['a key that the token is bound to', { cnf: { jkt: 'x' } }],
];

const NOBODY: Row[] = [
  ['no team', { team: undefined }],
  ['a team in upper case', { team: 'RED' }],
  ['a team with a space at its end', { team: 'red ' }],
  ['teams in one text', { team: 'red,blue' }],
  ['a team as a key', { team: { red: true } }],
  ['a team in a list in a list', { team: [['red']] }],
  ['a team under another name', { team: undefined, Team: 'red', 'team.0': 'red' }],
  ['a star as team', { team: '*' }],
  ['two tenants, and no X-Tenant', { team: ['red', 'blue'] }],
];

const NO_ADMIN: Row[] = [
  ['no role', {}],
  ['the role in upper case', { roles: ['MCP.ADMIN'] }],
  ['the role with a space at its end', { roles: ['mcp.admin '] }],
  ['the role among others in one text', { roles: 'auditor mcp.admin' }],
  ['the role as a key', { roles: { 'mcp.admin': true } }],
  ['a role that the tenant does not list', { roles: ['admin'] }],
  ['the role as a group', { groups: ['mcp.admin'] }],
  ['the role as a scope', { scope: 'mcp.admin', scp: ['mcp.admin'] }],
  ['the role deeper down', { realm_access: { roles: ['mcp.admin'] } }],
];

const SOUND: Row[] = [
  ['the backend as audience', ({ gateway }) => ({ aud: gateway.backendUrl('jira') })],
  ['the gateway with a slash at its end', ({ gateway }) => ({ aud: `${gateway.url}/` })],
  ['one right audience among others', ({ gateway }) => ({ aud: ['https://other.example', gateway.url] })],
  ['nbf within the tolerance', () => ({ nbf: inSeconds(5) })],
  ['sub of 1,024 characters', { sub: 'x'.repeat(1024) }],
];

/** A claim counts only if it has exactly the expected form. */
export function wrongClaims(ground: () => Ground): void {
  describe('tokens with unsuitable claims', () => {
    itHolds(ground, rows(UNAUTHORIZED, [...ISSUERS, ...AUDIENCES, ...TIMES_AND_SUBJECTS]));
    itHolds(ground, [
      ['exp infinite', (at) => withPayload(at, ',"exp":1e999'), UNAUTHORIZED],
      ['exp twice, the last one in the past', (at) => withPayload(at, ',"exp":4e9,"exp":1'), UNAUTHORIZED],
      ['a payload that is not JSON', async (at) => at.call({ token: await signText(at.key, 'text') }), UNAUTHORIZED],
      ['a payload that is a list', async (at) => at.call({ token: await signText(at.key, '[]') }), UNAUTHORIZED],
      ['a payload that is a token', async (at) => at.call({ token: await signText(at.key, at.token) }), UNAUTHORIZED],
      ['the team of another issuer', async (at) => at.call({ token: await ofPartner(at) }), NO_SUCH_SERVER],
      [
        'roles of another issuer',
        async (at) => at.call({ token: await ofPartner(at), backend: 'vault' }),
        NO_SUCH_SERVER,
      ],
    ]);
    itHolds(ground, rows(FORBIDDEN, NOBODY));
    itHolds(ground, rows(NO_SUCH_SERVER, NO_ADMIN, { backend: 'vault' }));
    itHolds(ground, rows('passes', SOUND));
  });
}

const ofPartner = ({ partner, gateway }: Ground) =>
  partner.sign({ aud: gateway.url, team: 'red', roles: ['mcp.admin'] });

async function withPayload(at: Ground, more: string) {
  const payload = JSON.stringify({ iss: at.issuer.url, sub: 'alice', aud: at.gateway.url, team: 'red' });
  return at.call({ token: await signText(at.key, payload.replace(/}$/, `${more}}`)) });
}
