// Family: headers that only the gateway may set. None of them reaches a server or has an effect.
import { expect } from 'chai';
import { CREDENTIAL, GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

/** Each with a value that would help an attacker if it arrived. */
export const SPOOFED: Record<string, string> = {
  'X-Mcp-Subject': 'root',
  'X-Mcp-Issuer': 'https://idp.example',
  'X-Mcp-Tenant': 'sales',
  'X-Mcp-Roles': 'mcp.admin',
  'X-Mcp-Scopes': 'jira.write',
  'X-Mcp-Anything': 'forged',
  'X-Mcp-': 'forged',
  'X-Mcp-Lane': 'stateless',
  'X-Mcp-Backend': 'backend/crm',
  'X-Mcp-Affinity': 'somebody',
  'X-Mcp-Pin': 'forged',
  'X-Api-Key': 'mine',
  'X-Envoy-Original-Path': '/crm/mcp',
  'X-Envoy-Retry-On': '5xx',
  'X-Envoy-Upstream-Rq-Timeout-Ms': '1',
  'X-Envoy-External-Address': '6.6.6.6',
  'X-Original-Url': '/admin',
  'X-Rewrite-Url': '/admin',
  'X-Http-Method': 'DELETE',
  'X-Http-Method-Override': 'DELETE',
  'X-Method-Override': 'DELETE',
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Prefix': '/admin',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Client-Cert': 'By=forged',
  'X-Real-Ip': '6.6.6.6',
  Forwarded: 'for=6.6.6.6;host=evil.example',
  'Proxy-Authorization': 'Basic eDp4',
  Cookie: 'session=1',
  'X-Request-Id': 'forged',
};

/** What the server gets instead. */
const TOLD = {
  'x-mcp-subject': 'alice',
  'x-mcp-tenant': 'engineering',
  'x-mcp-roles': '',
  'x-mcp-scopes': '',
  'x-api-key': CREDENTIAL,
};
const IDENTITY = ['x-mcp-issuer', 'x-mcp-roles', 'x-mcp-scopes', 'x-mcp-subject', 'x-mcp-tenant'];

/** Expects that the server got only the gateway's own headers about the caller; returns what it got. */
export function expectTold(body: string, told: Record<string, string> = TOLD): Record<string, string> {
  const { headers } = JSON.parse(body).result as { headers: Record<string, string> };
  expect(headers).to.include(told);
  const names = Object.keys(headers).filter((name) => name.startsWith('x-mcp-'));
  expect(names.sort()).to.deep.equal(IDENTITY);
  return headers;
}

/** Headers that try to add others, or to remove the gateway's own. */
const CARRIERS: Record<string, string[]> = {
  'a bare line feed': ['X-A: a\nX-Mcp-Subject: root'],
  'a bare carriage return': ['X-A: a\rX-Mcp-Subject: root'],
  'a folded line': ['X-A: a', ' X-Mcp-Subject: root'],
  'Connection that names headers of the gateway': ['Connection: close, x-mcp-subject, x-mcp-tenant, x-api-key'],
  'Connection that names routing headers': ['Connection: close, x-mcp-lane, x-mcp-backend, x-mcp-affinity'],
  'headers of the gateway, twice': ['X-Api-Key: mine', 'X-Api-Key: too', 'X-Mcp-Subject: root', 'X-Mcp-Subject: root'],
};

/** Claims that would create headers if they were inserted unencoded. */
const CLAIMS: Record<string, [claims: Record<string, unknown>, told: Record<string, string>]> = {
  'a subject with a line break': [
    { sub: 'bob\r\nX-Mcp-Roles: mcp.admin' },
    { 'x-mcp-subject': 'bob%0D%0AX-Mcp-Roles:%20mcp.admin', 'x-mcp-roles': '' },
  ],
  'a subject that is a list': [{ sub: 'bob,alice' }, { 'x-mcp-subject': 'bob%2Calice' }],
  'a subject that is encoded already': [{ sub: '%61lice' }, { 'x-mcp-subject': '%2561lice' }],
  'a subject that is not ASCII': [{ sub: '\u0000bob\u00e9' }, { 'x-mcp-subject': '%00bob%C3%A9' }],
  'a scope with a line break': [{ scope: 'a\r\nX-Api-Key:x b' }, { 'x-mcp-scopes': 'a%0D%0AX-Api-Key:x,b' }],
  'roles that the tenant does not list': [{ roles: ['root', 'auditor'] }, { 'x-mcp-roles': 'auditor' }],
};

/** Claims in a client's headers have no effect. */
export function spoofedHeaders(ground: () => Ground): void {
  describe('headers that only the gateway may set', () => {
    for (const [name, value] of Object.entries(SPOOFED)) {
      it(`${name} does not reach the server`, async () => {
        const headers = expectTold((await sendBytes(ground(), { first: [`${name}: ${value}`] })).body);
        expect(headers[name.toLowerCase()]).to.not.equal(value);
        expect(Object.values(headers).join()).to.not.match(/forged|evil|6\.6\.6\.6/);
      });
    }
    for (const [what, first] of Object.entries(CARRIERS)) {
      it(`${what} does not change them`, async () => {
        const without = first.some((line) => line.startsWith('Connection')) ? ['connection'] : [];
        expectTold((await sendBytes(ground(), { first, without })).body);
      });
    }
    for (const [what, [claims, told]] of Object.entries(CLAIMS)) {
      it(`${what} creates no other header`, async () => {
        const token = await ground().sign(claims);
        expectTold((await ground().call({ token })).body, { 'x-api-key': CREDENTIAL, ...told });
      });
    }
    it('trailers do not reach the server', async () => {
      const trailers = 'X-Mcp-Subject: root\r\nX-Api-Key: mine\r\n';
      const body = `${GET_ISSUE.length.toString(16)}\r\n${GET_ISSUE}\r\n0\r\n${trailers}\r\n`;
      const first = ['Transfer-Encoding: chunked', 'Trailer: X-Mcp-Subject'];
      expectTold((await sendBytes(ground(), { first, without: ['content-length'], body })).body);
    });
    it('none of them reaches a server without identityHeaders', async () => {
      const first = Object.entries(SPOOFED).map(([name, value]) => `${name}: ${value}`);
      const { body } = await sendBytes(ground(), { line: 'POST /plain/mcp HTTP/1.1', first });
      const names = Object.keys(JSON.parse(body).result.headers);
      expect(names.filter((name) => /^x-(?!forwarded-(for|proto)$|request-id$|api-key$)/.test(name))).to.deep.equal([]);
    });
  });
}
