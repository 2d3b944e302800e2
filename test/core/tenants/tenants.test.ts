import { expect } from 'chai';
import { issuerProblems, withIssuers } from '../../../core/config/issuers.ts';
import { parseYaml } from '../../../core/document/parse.ts';
import { tenantsSchema } from '../../../core/tenants/tenants.ts';

const parse = (text: string) => parseYaml(text, 't.yaml', tenantsSchema);

function paths(text: string): string[] {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

function tenantsOf(text: string) {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.tenants;
}

const match = 'match: [{claim: c, value: v}]';

describe('core/tenants/tenants', () => {
  it('rejects a document with all of its problems', () => {
    expect(paths(`tenants: [{name: a, ${match}}]`)).to.deep.equal([]);
    expect(paths('tenants: []')).to.deep.equal(['tenants']);
    expect(paths('tenants: [{name: a, match: []}]')).to.deep.equal(['tenants[0].match']);
    expect(paths('tenants: [{name: A, match: [{claim: "", value: 5}]}]')).to.have.members([
      'tenants[0].name',
      'tenants[0].match[0].claim',
      'tenants[0].match[0].value',
    ]);
    expect(paths(`tenants: [{name: a, ${match}}, {name: b, ${match}}, {name: a, ${match}}]`)).to.deep.equal([
      'tenants[2].name',
    ]);
    expect(paths(`tenants: [{name: a, ${match}, backends: [Bad]}]`)).to.deep.equal(['tenants[0].backends[0]']);
  });

  it('accepts each form of a rule, with one value or several', () => {
    const text = `
      - {claim: c, value: v}
      - {issuer: "https://idp.example", claim: [a, b], values: [v, w]}
      - {group: g}
      - {role: [r, s]}
      - {tenant: t}`;
    expect(tenantsOf(`tenants:\n  - name: a\n    match:${text}`)[0]?.match).to.deep.equal([
      { issuer: undefined, claim: ['c'], values: ['v'] },
      { issuer: 'https://idp.example', claim: ['a', 'b'], values: ['v', 'w'] },
      { issuer: undefined, claim: 'groups', values: ['g'] },
      { issuer: undefined, claim: 'roles', values: ['r', 's'] },
      { issuer: undefined, claim: 'tenant', values: ['t'] },
    ]);
  });

  for (const rule of [
    '{}',
    '{claim: c}',
    '{value: v}',
    '{claim: c, value: v, values: [w]}',
    '{claim: c, value: v, group: g}',
    '{group: g, value: v}',
    '{group: g, role: r}',
    '{claim: c, values: []}',
    '{group: ""}',
    '{claim: c, value: v, vallue: v}',
  ]) {
    it(`rejects the rule ${rule}`, () => {
      const found = paths(`tenants: [{name: a, match: [${rule}]}]`);
      expect(found).to.have.length.at.least(1);
      expect(found[0]).to.match(/^tenants\[0\]\.match\[0\]/);
    });
  }

  it('accepts roles by name or with rules, and rejects duplicates', () => {
    const [tenant] = tenantsOf(
      `tenants: [{name: a, ${match}, roles: [auditor, {name: mcp.admin, match: [{group: g}]}]}]`,
    );
    expect(tenant?.roles.map(({ name }) => name)).to.deep.equal(['auditor', 'mcp.admin']);
    expect(paths(`tenants: [{name: a, ${match}, roles: [x, {name: x}]}]`)).to.deep.equal(['tenants[0].roles[1]']);
    expect(paths(`tenants: [{name: a, ${match}, roles: ["a b"]}]`)).to.have.length(1);
  });

  it('rejects a rule without effect, or for a role that the tenant does not have', () => {
    expect(paths(`tenants: [{name: a, ${match}, rules: [{backends: [x]}]}]`)).to.deep.equal(['tenants[0].rules[0]']);
    expect(paths(`tenants: [{name: a, ${match}, rules: [{roles: [x], tools: {deny: ['*']}}]}]`)).to.deep.equal([
      'tenants[0].rules[0].roles',
    ]);
  });
});

describe('core/config/issuers', () => {
  const [A, B] = ['https://a.example', 'https://b.example/'];
  const text = `tenants: [{name: a, match: [{group: g}, {issuer: "${B}", group: h}], roles: [{name: r, match: [{group: i}]}]}]`;
  const resolved = (issuers: string[]) => {
    const [tenant] = withIssuers(
      tenantsOf(text),
      issuers.map((url) => ({ url })),
      undefined,
    );
    return [...(tenant?.match ?? []), ...(tenant?.roles[0]?.match ?? [])].map(({ issuer }) => issuer);
  };

  it('gives a rule without an issuer the only one there is', () => {
    expect(resolved([A])).to.deep.equal([A, B, A]);
  });
  it('gives it none if there are several', () => {
    expect(resolved([A, B])).to.deep.equal([undefined, B, undefined]);
  });
  it('resolves the development issuer by its name', () => {
    const named = tenantsOf('tenants: [{name: a, match: [{issuer: development, group: g}]}]');
    expect(withIssuers(named, [], 'http://127.0.0.1:5')[0]?.match[0]?.issuer).to.equal('http://127.0.0.1:5');
  });
  it('reports rules that cannot hold, such as one whose issuer differs in a trailing slash', () => {
    expect(issuerProblems(tenantsOf(text), [A, B], 't.yaml').map(({ path }) => path)).to.deep.equal([
      'tenants[0].match[0].issuer',
      'tenants[0].roles[0].match[0].issuer',
    ]);
    const [problem, ...others] = issuerProblems(tenantsOf(text), ['https://b.example'], 't.yaml');
    expect(others).to.deep.equal([]);
    expect(problem?.path).to.equal('tenants[0].match[1].issuer');
    expect(issuerProblems(tenantsOf(text), [B], 't.yaml')).to.deep.equal([]);
  });
});
