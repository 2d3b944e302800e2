import { expect } from 'chai';
import { base64url } from 'jose';
import { readHeader } from '../../../ext-authz/identity/token-header.ts';

const read = (header: Record<string, unknown>) => readHeader(`${base64url.encode(JSON.stringify(header))}.e30.AAAA`);

describe('ext-authz/identity/token-header', () => {
  it('reads the algorithm and the id of the key', () => {
    expect(read({ alg: 'RS256', kid: 'a' })).to.deep.equal({ alg: 'RS256', kid: 'a' });
    expect(read({ alg: 'RS256' })).to.deep.equal({ alg: 'RS256', kid: undefined });
    expect(read({ alg: 5 })).to.match(/alg/);
    expect(read({})).to.match(/alg/);
    for (const kid of [5, null, ['a'], {}]) {
      expect(read({ alg: 'RS256', kid }), JSON.stringify(kid)).to.match(/kid/);
    }
  });

  it('accepts access tokens by their type, and no others', () => {
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
      expect(read({ alg: 'RS256', typ }), typ)
        .to.match(/type/)
        .and.include(typ);
    }
    for (const typ of [5, null, ['JWT'], { typ: 'JWT' }]) {
      expect(read({ alg: 'RS256', typ }), JSON.stringify(typ)).to.match(/type/);
    }
    expect(read({ alg: 'RS256', typ: 'x'.repeat(1000) })).to.match(/ x{50}$/);
  });

  it('rejects critical parameters, whatever they are', () => {
    for (const crit of [['exp'], ['b64'], [], null, 'exp']) {
      expect(read({ alg: 'RS256', crit }), JSON.stringify(crit)).to.match(/critical/);
    }
  });
});
