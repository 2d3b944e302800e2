import { expect } from 'chai';
import { base64url } from 'jose';
import { readHeader } from '../../../ext-authz/identity/token-header.ts';

const read = (header: Record<string, unknown>) => readHeader(`${base64url.encode(JSON.stringify(header))}.e30.AAAA`);

describe('ext-authz/identity/token-header', () => {
  it('reads the algorithm and the name of the key', () => {
    expect(read({ alg: 'RS256', kid: 'a' })).to.deep.equal({ alg: 'RS256', kid: 'a' });
    expect(read({ alg: 'RS256' })).to.deep.equal({ alg: 'RS256', kid: undefined });
    expect(read({ alg: 5 })).to.equal('does not say how it is signed');
    expect(read({})).to.equal('does not say how it is signed');
    for (const kid of [5, null, ['a'], {}]) {
      expect(read({ alg: 'RS256', kid }), JSON.stringify(kid)).to.equal('has a kid that is no text');
    }
  });

  it('takes access tokens by their type, and no others', () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'at+JWT', 'application/at+jwt', 'application/jwt', undefined]) {
      expect(read({ alg: 'RS256', typ }), typ).to.deep.equal({ alg: 'RS256', kid: undefined });
    }
    for (const typ of [
      'dpop+jwt',
      'logout+jwt',
      'secevent+jwt',
      'application/logout+jwt',
      'id+jwt',
      'JOSE',
      '',
      ' JWT',
    ]) {
      expect(read({ alg: 'RS256', typ }), typ).to.equal(`is no access token: its type is ${typ}`);
    }
    for (const typ of [5, null, ['JWT'], { typ: 'JWT' }]) {
      expect(read({ alg: 'RS256', typ }), JSON.stringify(typ)).to.match(/^is no access token/);
    }
    expect(read({ alg: 'RS256', typ: 'x'.repeat(1000) })).to.equal(`is no access token: its type is ${'x'.repeat(50)}`);
  });

  it('refuses critical parameters, whatever they say', () => {
    for (const crit of [['exp'], ['b64'], [], null, 'exp']) {
      expect(read({ alg: 'RS256', crit }), JSON.stringify(crit)).to.equal('has critical header parameters');
    }
  });
});
