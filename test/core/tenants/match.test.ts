import { expect } from 'chai';
import { matchTenants, mayUseBackend } from '../../../core/tenants/match.ts';
import type { Tenant } from '../../../core/tenants/tenants.ts';
import { caller, ISSUER, tenant } from './callers.ts';

const RED = tenant('red', 'team', 'red');
const BLUE = tenant('blue', 'team', 'blue');

const namesOf = (tenants: Tenant[], claims: Record<string, unknown>, issuer = ISSUER) =>
  matchTenants(tenants, caller(claims, issuer)).memberships.map((membership) => membership.tenant.name);

describe('core/tenants/match', () => {
  it('finds a tenant by a claim, or by an element of a claim that is a list', () => {
    expect(namesOf([RED, BLUE], { team: 'blue' })).to.deep.equal(['blue']);
    expect(namesOf([RED, BLUE], { team: ['x', 'red'] })).to.deep.equal(['red']);
    expect(namesOf([RED, BLUE], { team: ['blue', 'red'] })).to.deep.equal(['red', 'blue']);
  });

  it('finds a tenant by any of its rules, and by any value of a rule', () => {
    const rules = [...RED.match, { issuer: ISSUER, claim: ['org'], values: ['acme', 'apex'] }];
    const either = { ...RED, match: rules };
    expect(namesOf([either], { org: 'apex' })).to.deep.equal(['red']);
    expect(namesOf([either], { org: 'other', team: 'red' })).to.deep.equal(['red']);
    expect(namesOf([either], { org: 'other' })).to.deep.equal([]);
  });

  it('finds none if the claim differs or is missing, and returns the compared claims, each once', () => {
    for (const claims of [{}, { team: 'green' }, { team: 'Red' }, { team: ' red' }, { Team: 'red' }]) {
      expect(matchTenants([RED, BLUE], caller(claims))).to.deep.equal({ memberships: [], claims: ['team'] });
    }
    expect(matchTenants([], caller({ team: 'red' }))).to.deep.equal({ memberships: [], claims: [] });
  });

  it('reads a claim once, however many rules compare it', () => {
    const readsFor = (count: number) => {
      let reads = 0;
      const team = new Proxy(['a', 'b', 'red'], {
        get: (target, key) => {
          reads += 1;
          return Reflect.get(target, key);
        },
      });
      const roles = [{ name: 'lead', match: [{ issuer: ISSUER, claim: ['team'], values: ['a'] }] }];
      const tenants = Array.from({ length: count }, (_, index) => tenant(`t-${index}`, 'team', 'red', { roles }));
      const { memberships } = matchTenants(tenants, caller({ team }));
      expect(memberships.filter((membership) => membership.roles[0] === 'lead')).to.have.length(count);
      return reads;
    };
    expect(readsFor(500)).to.equal(readsFor(1));
  });

  it('does not match values that only look equal', () => {
    for (const id of [5, true, null, { 0: '5' }, [5], [['5']], '5 ', '05']) {
      expect(namesOf([tenant('number', 'id', '5')], { id }), JSON.stringify(id)).to.deep.equal([]);
    }
  });

  it('does not match properties that every object has', () => {
    for (const claim of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const odd = tenant('odd', claim, 'x');
      expect(namesOf([odd], {}), claim).to.deep.equal([]);
      expect(namesOf([odd], JSON.parse(`{"${claim}": "x"}`)), claim).to.deep.equal(['odd']);
    }
  });

  it('does not match claims of another issuer, or by a rule without an issuer', () => {
    expect(namesOf([RED], { team: 'red' }, 'https://idp.example/')).to.deep.equal([]);
    expect(namesOf([RED], { team: 'red' }, 'https://other.example')).to.deep.equal([]);
    const open = { ...RED, match: [{ issuer: undefined, claim: ['team'], values: ['red'] }] };
    expect(namesOf([open], { team: 'red' })).to.deep.equal([]);
    expect(matchTenants([RED], caller({}, 'https://other.example')).claims).to.deep.equal([]);
  });

  it('follows a path into objects, and takes a name with dots or slashes literally', () => {
    const nested = { ...RED, match: [{ issuer: ISSUER, claim: ['realm_access', 'roles'], values: ['dev'] }] };
    expect(namesOf([nested], { realm_access: { roles: ['ops', 'dev'] } })).to.deep.equal(['red']);
    expect(namesOf([nested], { 'realm_access.roles': ['dev'] })).to.deep.equal([]);
    expect(namesOf([nested], { realm_access: ['roles', 'dev'] })).to.deep.equal([]);
    expect(namesOf([nested], { realm_access: 'dev' })).to.deep.equal([]);
    const url = tenant('url', 'https://acme.example/groups', 'dev');
    expect(namesOf([url], { 'https://acme.example/groups': ['dev'] })).to.deep.equal(['url']);
  });

  it('reads groups, roles and tenants at the paths of the issuer', () => {
    const named = (claim: 'groups' | 'roles' | 'tenant') => ({
      ...RED,
      match: [{ issuer: ISSUER, claim, values: ['dev'] }],
    });
    expect(namesOf([named('groups')], { groups: ['dev'] })).to.deep.equal(['red']);
    const where = { groups: 'g', roles: ['a', 'r'], tenant: 'tid' };
    const found = (claim: 'groups' | 'roles' | 'tenant', claims: Record<string, unknown>) =>
      matchTenants([named(claim)], caller(claims, ISSUER, where));
    expect(found('groups', { g: ['dev'] }).memberships).to.have.length(1);
    expect(found('roles', { a: { r: ['dev'] } }).memberships).to.have.length(1);
    expect(found('tenant', { tid: 'dev' }).memberships).to.have.length(1);
    expect(found('roles', { roles: ['dev'] })).to.deep.equal({ memberships: [], claims: ['a.r'] });
  });

  describe('roles', () => {
    const admins = [{ issuer: ISSUER, claim: 'groups' as const, values: ['admins'] }];
    const withRoles = {
      ...RED,
      roles: [
        { name: 'auditor', match: undefined },
        { name: 'mcp.admin', match: admins },
      ],
    };
    const rolesOf = (claims: Record<string, unknown>) =>
      matchTenants([withRoles], caller({ team: 'red', ...claims })).memberships[0]?.roles;

    it('are those of the token that the tenant lists too', () => {
      expect(rolesOf({ roles: ['auditor', 'root'] })).to.deep.equal(['auditor']);
      expect(rolesOf({})).to.deep.equal([]);
    });
    it('with rules are held only by those rules', () => {
      expect(rolesOf({ roles: ['mcp.admin'] })).to.deep.equal([]);
      expect(rolesOf({ groups: ['admins'] })).to.deep.equal(['mcp.admin']);
    });
  });

  describe('a backend', () => {
    const backend = { name: 'a', tenants: undefined, roles: [] };
    const may = (listed: string[], more: object = {}, roles: string[] = []) =>
      mayUseBackend({ tenant: { ...RED, backends: listed }, roles }, { ...backend, ...more });

    it('may be used if both lists allow it', () => {
      expect(may(['*'])).to.equal(true);
      expect(may(['a', 'b'])).to.equal(true);
      expect(may(['b'])).to.equal(false);
      expect(may([])).to.equal(false);
      expect(may(['*'], { tenants: ['red'] })).to.equal(true);
      expect(may(['*'], { tenants: ['blue'] })).to.equal(false);
      expect(may(['*'], { tenants: [] })).to.equal(false);
      expect(may(['b'], { tenants: ['red'] })).to.equal(false);
    });
    it('with roles may be used with one of them', () => {
      const roles = ['auditor', 'mcp.admin'];
      expect(may(['*'], { roles })).to.equal(false);
      expect(may(['*'], { roles }, ['other'])).to.equal(false);
      expect(may(['*'], { roles }, ['mcp.admin'])).to.equal(true);
      expect(may(['b'], { roles }, ['mcp.admin'])).to.equal(false);
    });
  });
});
