import { expect } from 'chai';
import { readCaller } from '../../../control/http/caller.ts';
import { identityValue } from '../../../core/registry/upstream.ts';

const SECRET = 'c2VjcmV0';
const TOLD = {
  authorization: `Bearer ${SECRET}`,
  'x-mcp-subject': identityValue(['änn, of platform']),
  'x-mcp-issuer': 'https://idp',
  'x-mcp-tenant': 'platform',
  'x-mcp-roles': 'reader,mcp.admin',
  'x-request-id': 'r1',
};

describe('control/http/caller', () => {
  it('reads what the gateway says of the caller', () => {
    const caller = { subject: 'änn, of platform', issuer: 'https://idp', tenant: 'platform', requestId: 'r1' };
    expect(readCaller(TOLD, SECRET)).to.deep.equal(caller);
  });

  it('believes nobody without the secret', () => {
    for (const authorization of [
      undefined,
      '',
      SECRET,
      `Basic ${SECRET}`,
      `Bearer ${SECRET}=`,
      'Bearer ',
      'Bearer x',
    ]) {
      expect(readCaller({ ...TOLD, authorization }, SECRET), authorization).to.equal(401);
    }
    expect(readCaller(TOLD, undefined)).to.equal(401);
    expect(readCaller({ ...TOLD, authorization: 'Bearer ' }, '')).to.equal(401);
  });

  it('lets nobody in of whom something is missing', () => {
    for (const name of ['x-mcp-subject', 'x-mcp-issuer', 'x-mcp-tenant', 'x-mcp-roles']) {
      expect(readCaller({ ...TOLD, [name]: undefined }, SECRET), name).to.equal(403);
      expect(readCaller({ ...TOLD, [name]: '' }, SECRET), name).to.equal(403);
    }
    expect(readCaller({ ...TOLD, 'x-mcp-roles': 'mcp.administrator,mcp%2Eadminx' }, SECRET)).to.equal(403);
    expect(readCaller({ ...TOLD, 'x-mcp-tenant': '%' }, SECRET)).to.equal(403);
  });
});
