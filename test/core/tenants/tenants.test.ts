import { expect } from 'chai';
import { parseYaml } from '../../../core/config/parse.ts';
import { matchTenant, mayUseBackend, type Tenant, tenantsSchema } from '../../../core/tenants/tenants.ts';

const tenant = (name: string, claim: string, value: string, backends = ['*']): Tenant => ({
  name,
  match: [{ claim, value }],
  backends,
});
const RED = tenant('red', 'team', 'red');
const BLUE = tenant('blue', 'team', 'blue');

function problems(text: string): string[] {
  const parsed = parseYaml(text, 't.yaml', tenantsSchema);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

describe('core/tenants', () => {
  it('are found by a claim', () => {
    expect(matchTenant([RED, BLUE], { team: 'blue' })).to.deep.equal({ kind: 'one', tenant: BLUE });
  });

  it('are found by one element of a claim that is a list', () => {
    expect(matchTenant([RED, BLUE], { team: ['x', 'red'] })).to.deep.equal({ kind: 'one', tenant: RED });
  });

  it('are found by any one of their rules', () => {
    const either: Tenant = { name: 'either', match: [...RED.match, { claim: 'org', value: 'acme' }], backends: ['*'] };
    expect(matchTenant([either], { org: 'acme' }).kind).to.equal('one');
  });

  it('of several that match, none is taken', () => {
    expect(matchTenant([RED, BLUE], { team: ['blue', 'red'] })).to.deep.equal({
      kind: 'several',
      names: ['red', 'blue'],
    });
  });

  it('are not found where the claim is another one, or missing; the claims that count are named once', () => {
    for (const claims of [{}, { team: 'green' }, { team: 'Red' }, { team: ' red' }, { Team: 'red' }]) {
      expect(matchTenant([RED, BLUE], claims)).to.deep.equal({ kind: 'none', claims: ['team'] });
    }
    expect(matchTenant([], {})).to.deep.equal({ kind: 'none', claims: [] });
  });

  it('are not found by a value that only looks equal', () => {
    const number = tenant('number', 'id', '5');
    for (const id of [5, true, null, { 0: '5' }, [5], [['5']], '5 ', '05']) {
      expect(matchTenant([number], { id }).kind, JSON.stringify(id)).to.equal('none');
    }
  });

  it('are not found by what every object has', () => {
    for (const claim of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const odd = tenant('odd', claim, 'x');
      expect(matchTenant([odd], {}).kind, claim).to.equal('none');
      expect(matchTenant([odd], JSON.parse(`{"${claim}": "x"}`)).kind, claim).to.equal('one');
    }
  });

  it('may use the backends that they list, as far as the backend lists them', () => {
    const open = { name: 'a', tenants: undefined };
    expect(mayUseBackend(RED, open)).to.equal(true);
    expect(mayUseBackend(tenant('t', 'c', 'v', ['a', 'b']), open)).to.equal(true);
    expect(mayUseBackend(tenant('t', 'c', 'v', ['b']), open)).to.equal(false);
    expect(mayUseBackend(tenant('t', 'c', 'v', []), open)).to.equal(false);
    expect(mayUseBackend(RED, { name: 'a', tenants: ['red'] })).to.equal(true);
    expect(mayUseBackend(RED, { name: 'a', tenants: ['blue'] })).to.equal(false);
    expect(mayUseBackend(RED, { name: 'a', tenants: [] })).to.equal(false);
  });

  it('are refused with every problem of the document', () => {
    expect(problems('tenants: [{name: a, match: [{claim: c, value: v}]}]')).to.deep.equal([]);
    expect(problems('tenants: []')).to.deep.equal(['tenants']);
    expect(problems('tenants: [{name: a, match: []}]')).to.deep.equal(['tenants[0].match']);
    expect(problems('tenants: [{name: A, match: [{claim: "", value: 5}]}]')).to.have.members([
      'tenants[0].name',
      'tenants[0].match[0].claim',
      'tenants[0].match[0].value',
    ]);
    const match = 'match: [{claim: c, value: v}]';
    expect(problems(`tenants: [{name: a, ${match}}, {name: b, ${match}}, {name: a, ${match}}]`)).to.deep.equal([
      'tenants[2].name',
    ]);
    expect(problems(`tenants: [{name: a, ${match}, backends: [Bad]}]`)).to.deep.equal(['tenants[0].backends[0]']);
  });
});
