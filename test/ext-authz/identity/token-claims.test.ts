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

  it('takes times only as whole seconds', () => {
    const odd = [1.5, -1, Number.POSITIVE_INFINITY, Number.NaN, 2 ** 60, '1800000001', null, [NOW_SECONDS], true];
    for (const name of ['exp', 'iat', 'nbf']) {
      for (const value of odd) {
        expect(reasonOf({ [name]: value }), `${name} ${value}`).to.equal(`has no acceptable ${name} claim`);
      }
      expect(reasonOf({ [name]: NOW_SECONDS })).to.equal('accepted');
    }
    expect(reasonOf({ exp: undefined })).to.equal('has no acceptable exp claim');
  });

  it('takes no time that counts milliseconds, and no token from the future', () => {
    expect(reasonOf({ exp: (NOW_SECONDS + 60) * 1000 })).to.equal(
      'has an exp claim that is years away: it must count seconds since 1970',
    );
    expect(reasonOf({ exp: NOW_SECONDS + 10 * 365 * 86_400 })).to.equal('accepted');
    expect(reasonOf({ exp: NOW_SECONDS + 10 * 365 * 86_400 + 1 })).to.match(/years away/);
    expect(reasonOf({ iat: NOW_SECONDS + 30 })).to.equal('accepted');
    expect(reasonOf({ iat: NOW_SECONDS + 31 })).to.equal('has an iat claim that is in the future');
  });

  it('takes an audience only as a text or a list of texts', () => {
    expect(identityOf({ aud: 'a' }).audiences).to.deep.equal(['a']);
    expect(identityOf({ aud: ['a', 'b'] }).audiences).to.deep.equal(['a', 'b']);
    expect(identityOf({ aud: [] }).audiences).to.deep.equal([]);
    expect(identityOf({ aud: undefined }).audiences).to.deep.equal([]);
    for (const aud of [5, null, {}, ['a', 5], ['a', ['b']], [null], true]) {
      expect(reasonOf({ aud }), JSON.stringify(aud)).to.equal('has no acceptable aud claim');
    }
  });

  it('takes no token that is good only together with a proof', () => {
    for (const cnf of [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}, null]) {
      expect(reasonOf({ cnf }), JSON.stringify(cnf)).to.equal(
        'is bound to a key (cnf): only plain bearer tokens are accepted',
      );
    }
  });

  it('finds the subject where the issuer has it', () => {
    const settings = { claims: { subject: ['user', 'id'] } };
    expect(identityOf({ user: { id: 'bob' } }, settings).subject).to.equal('bob');
    const other = identityOf({ sub: 'bob' });
    expect(identityOf({ user: { id: 'bob' } }, settings).principal).to.deep.equal(other.principal);
    for (const user of [undefined, 'bob', { id: 5 }, { id: ['bob'] }, { id: '' }, [{ id: 'bob' }]]) {
      expect(read({ user }, settings), JSON.stringify(user)).to.equal(
        'has a user.id claim that is missing, no text, empty or too long',
      );
    }
    expect(read({ sub: 'x'.repeat(1025) })).to.match(/^has a sub claim/);
    expect(identityOf({ sub: 'x'.repeat(1024) }).subject).to.have.length(1024);
  });

  it('reads scopes in every form that issuers write them', () => {
    const scopesOf = (claims: Record<string, unknown>, settings = {}) => identityOf(claims, settings).scopes;
    expect(scopesOf({})).to.deep.equal([]);
    expect(scopesOf({ scope: 'mcp  jira.write ' })).to.deep.equal(['mcp', 'jira.write']);
    expect(scopesOf({ scp: 'mcp jira.write' })).to.deep.equal(['mcp', 'jira.write']);
    expect(scopesOf({ scp: ['mcp', 'jira.write'] })).to.deep.equal(['mcp', 'jira.write']);
    // One of them counts: a token must not add up what was never given together.
    expect(scopesOf({ scope: 'mcp', scp: ['admin'] })).to.deep.equal(['mcp']);
    expect(scopesOf({ scope: { a: 'mcp' }, scp: 5 })).to.deep.equal([]);
    const settings = { claims: { scopes: 'permissions' } };
    expect(scopesOf({ permissions: ['mcp'], scope: 'admin' }, settings)).to.deep.equal(['mcp']);
    expect(scopesOf({ scope: 'admin' }, settings)).to.deep.equal([]);
  });
});
