import { expect } from 'chai';
import { readCaller } from '../../../control/http/caller.ts';
import { identityValue } from '../../../core/registry/upstream.ts';

const SECRET = 'c2VjcmV0';
const HEADERS = {
  authorization: `Bearer ${SECRET}`,
  'x-mcp-subject': identityValue(['änn, of platform']),
  'x-mcp-issuer': 'https://idp',
  'x-mcp-tenant': 'platform',
  'x-mcp-roles': 'reader,mcp.admin',
  'x-request-id': 'r1',
};

describe('control/http/caller', () => {
  it('reads the caller that the gateway names', () => {
    const caller = { subject: 'änn, of platform', issuer: 'https://idp', tenant: 'platform', requestId: 'r1' };
    expect(readCaller(HEADERS, SECRET)).to.deep.equal(caller);
  });

  it('answers 401 without the secret', () => {
    for (const authorization of [
      undefined,
      '',
      SECRET,
      `Basic ${SECRET}`,
      `Bearer ${SECRET}=`,
      'Bearer ',
      'Bearer x',
    ]) {
      expect(readCaller({ ...HEADERS, authorization }, SECRET), authorization).to.equal(401);
    }
    expect(readCaller(HEADERS, undefined)).to.equal(401);
    expect(readCaller({ ...HEADERS, authorization: 'Bearer ' }, '')).to.equal(401);
  });

  it('answers 403 if an identity header or the role is missing', () => {
    for (const name of ['x-mcp-subject', 'x-mcp-issuer', 'x-mcp-tenant', 'x-mcp-roles']) {
      expect(readCaller({ ...HEADERS, [name]: undefined }, SECRET), name).to.equal(403);
      expect(readCaller({ ...HEADERS, [name]: '' }, SECRET), name).to.equal(403);
    }
    expect(readCaller({ ...HEADERS, 'x-mcp-roles': 'mcp.administrator,mcp%2Eadminx' }, SECRET)).to.equal(403);
    expect(readCaller({ ...HEADERS, 'x-mcp-tenant': '%' }, SECRET)).to.equal(403);
  });
});
