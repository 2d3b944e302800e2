import { expect } from 'chai';
import { type Issuer, issuerSchema } from '../../../core/identity/issuer.ts';
import { readClaims } from '../../../ext-authz/identity/token-claims.ts';

const NOW_SECONDS = 1_800_000_000;
const GOOD = { iss: 'https://issuer.example', sub: 'alice', aud: 'aud', exp: NOW_SECONDS + 60 };

describe('ext-authz/identity/token-claims', () => {
  const read = (claims: Record<string, unknown>, settings: Record<string, unknown> = {}) => {
    const issuer: Issuer = issuerSchema.parse({ url: 'https://issuer.example', ...settings });
    return readClaims({ ...GOOD, ...claims } as never, issuer, NOW_SECONDS);
  };
  const reasonOf = (claims: Record<string, unknown>) => {
    const read_ = read(claims);
    return typeof read_ === 'string' ? read_ : 'accepted';
  };
  const identityOf = (claims: Record<string, unknown>, settings: Record<string, unknown> = {}) => {
    const identity = read(claims, settings);
    if (typeof identity === 'string') throw new Error(identity);
    return identity;
  };

  it('accepts times only as whole seconds', () => {
    const odd = [1.5, -1, Number.POSITIVE_INFINITY, Number.NaN, 2 ** 60, '1800000001', null, [NOW_SECONDS], true];
    for (const name of ['exp', 'iat', 'nbf']) {
      for (const value of odd) {
        expect(reasonOf({ [name]: value }), `${name} ${value}`).to.match(new RegExp(`${name} claim`));
      }
      expect(reasonOf({ [name]: NOW_SECONDS })).to.equal('accepted');
    }
    expect(reasonOf({ exp: undefined })).to.match(/exp claim/);
  });

  it('rejects times in milliseconds, and tokens from the future', () => {
    expect(reasonOf({ exp: (NOW_SECONDS + 60) * 1000 })).to.match(/exp claim .*years away/);
    expect(reasonOf({ exp: NOW_SECONDS + 10 * 365 * 86_400 })).to.equal('accepted');
    expect(reasonOf({ exp: NOW_SECONDS + 10 * 365 * 86_400 + 1 })).to.match(/years away/);
    expect(reasonOf({ iat: NOW_SECONDS + 30 })).to.equal('accepted');
    expect(reasonOf({ iat: NOW_SECONDS + 31 })).to.match(/iat claim .*future/);
  });

  it('accepts an audience only as a string or a list of strings', () => {
    expect(identityOf({ aud: 'a' }).audiences).to.deep.equal(['a']);
    expect(identityOf({ aud: ['a', 'b'] }).audiences).to.deep.equal(['a', 'b']);
    expect(identityOf({ aud: [] }).audiences).to.deep.equal([]);
    expect(identityOf({ aud: undefined }).audiences).to.deep.equal([]);
    for (const aud of [5, null, {}, ['a', 5], ['a', ['b']], [null], true]) {
      expect(reasonOf({ aud }), JSON.stringify(aud)).to.match(/aud claim/);
    }
  });

  it('rejects a token that needs a proof', () => {
    for (const cnf of [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}, null]) {
      expect(reasonOf({ cnf }), JSON.stringify(cnf)).to.match(/cnf/);
    }
  });

  it('reads the subject at the path of the issuer', () => {
    const settings = { claims: { subject: ['user', 'id'] } };
    expect(identityOf({ user: { id: 'bob' } }, settings).subject).to.equal('bob');
    const other = identityOf({ sub: 'bob' });
    expect(identityOf({ user: { id: 'bob' } }, settings).principal).to.deep.equal(other.principal);
    for (const user of [undefined, 'bob', { id: 5 }, { id: ['bob'] }, { id: '' }, [{ id: 'bob' }]]) {
      expect(read({ user }, settings), JSON.stringify(user)).to.match(/user\.id claim/);
    }
    expect(read({ sub: 'x'.repeat(1025) })).to.match(/sub claim/);
    expect(identityOf({ sub: 'x'.repeat(1024) }).subject).to.have.length(1024);
  });

  it('reads scopes in every form that issuers use', () => {
    const scopesOf = (claims: Record<string, unknown>, settings = {}) => identityOf(claims, settings).scopes;
    expect(scopesOf({})).to.deep.equal([]);
    expect(scopesOf({ scope: 'mcp  jira.write ' })).to.deep.equal(['mcp', 'jira.write']);
    expect(scopesOf({ scp: 'mcp jira.write' })).to.deep.equal(['mcp', 'jira.write']);
    expect(scopesOf({ scp: ['mcp', 'jira.write'] })).to.deep.equal(['mcp', 'jira.write']);
    // Only one claim counts, since scopes from both were never granted together.
    expect(scopesOf({ scope: 'mcp', scp: ['admin'] })).to.deep.equal(['mcp']);
    expect(scopesOf({ scope: { a: 'mcp' }, scp: 5 })).to.deep.equal([]);
    const settings = { claims: { scopes: 'permissions' } };
    expect(scopesOf({ permissions: ['mcp'], scope: 'admin' }, settings)).to.deep.equal(['mcp']);
    expect(scopesOf({ scope: 'admin' }, settings)).to.deep.equal([]);
  });
});
