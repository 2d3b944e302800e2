import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type GatewayConfig, gatewaySchema } from '../../core/config/gateway.ts';
import { issuerProblems, withIssuers } from '../../core/config/issuers.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem, type Parsed } from '../../core/document/problems.ts';
import { backendSchema } from '../../core/registry/backend.ts';
import { matchTenants } from '../../core/tenants/match.ts';
import { type Tenant, tenantsSchema } from '../../core/tenants/tenants.ts';
import { readClaims } from '../../ext-authz/identity/token-claims.ts';
import { PROJECT } from '../support/gateway.ts';

const FOLDER = join(PROJECT, 'docs', 'identity');
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

/** The fenced blocks of a page, by their language, in order. */
function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(FOLDER, page), 'utf8');
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return fences.flatMap(([, name, block]) => (name === language && block !== undefined ? [block] : []));
}

/** The blocks of YAML that are a document of this name, by their first line. */
function documentOf(page: string, name: string): string[] {
  return blocksOf(page, 'yaml').filter((block) => block.startsWith(`# ${name}`));
}

function valid<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

function read(page: string): { config: GatewayConfig; tenants: readonly Tenant[] } {
  const [gateway = '', ...moreGateways] = documentOf(page, 'gateway.yaml');
  const [tenants = '', ...moreTenants] = documentOf(page, 'tenants.yaml');
  expect([...moreGateways, ...moreTenants]).to.deep.equal([]);
  const config = valid(parseYaml(gateway, page, gatewaySchema));
  return { config, tenants: valid(parseYaml(tenants, page, tenantsSchema)).tenants };
}

describe('docs/identity', () => {
  it('has a page for each provider', () => {
    const wanted = ['README', 'auth0', 'dex', 'entra-id', 'google', 'keycloak', 'okta'].map((name) => `${name}.md`);
    expect(PAGES).to.have.members(wanted);
  });

  for (const page of PAGES) {
    describe(page, () => {
      it('has documents that the gateway accepts, and rules that can match', () => {
        const { config, tenants } = read(page);
        const issuers = config.issuers.map(({ url }) => url);
        expect(issuerProblems(tenants, issuers, page)).to.deep.equal([]);
        const [kinds, backends] = [/^# (gateway|tenants|backends\/\w+)\.yaml\n/, documentOf(page, 'backends/')];
        for (const block of blocksOf(page, 'yaml')) expect(block).to.match(kinds);
        for (const block of backends) valid(parseYaml(block, page, backendSchema));
      });

      it('has links that lead somewhere', () => {
        const text = readFileSync(join(FOLDER, page), 'utf8');
        const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
        for (const link of links) expect(existsSync(join(FOLDER, link)), link).to.equal(true);
      });

      if (page === 'README.md') return;

      it('shows tokens that are accepted, each by one tenant', () => {
        const { config, tenants } = read(page);
        const tokens = blocksOf(page, 'json').map((block) => JSON.parse(block) as Record<string, unknown>);
        expect(tokens).not.to.have.length(0);
        for (const token of tokens) {
          const issuer = config.issuers.find(({ url }) => url === token.iss);
          if (issuer === undefined) throw new Error(`no issuer ${token.iss}`);
          const identity = readClaims(token, issuer, Number(token.iat));
          if (typeof identity === 'string') throw new Error(identity);
          const accepted = [config.publicUrl, ...issuer.audiences];
          expect(identity.audiences.some((audience) => accepted.includes(audience))).to.equal(true);
          const { memberships } = matchTenants(withIssuers(tenants, config.issuers, undefined), identity);
          expect(memberships.map(({ tenant }) => tenant.name)).to.have.length(1);
        }
      });
    });
  }

  it('reads subjects, roles and scopes as the pages say', () => {
    const found = PAGES.filter((page) => page !== 'README.md').flatMap((page) => {
      const { config, tenants } = read(page);
      return blocksOf(page, 'json').map((block) => {
        const token = JSON.parse(block) as Record<string, unknown>;
        const issuer = config.issuers.find(({ url }) => url === token.iss);
        const identity = issuer && readClaims(token, issuer, Number(token.iat));
        if (identity === undefined || typeof identity === 'string') throw new Error(identity);
        const { memberships } = matchTenants(withIssuers(tenants, config.issuers, undefined), identity);
        return [page, identity.subject.slice(0, 9), identity.scopes.join(' '), memberships[0]?.roles.join(' ')];
      });
    });
    expect(found).to.have.deep.members([
      ['auth0.md', 'auth0|65f', 'mcp jira.write', 'mcp.admin'],
      ['dex.md', 'CgcyMzQyN', '', ''],
      ['entra-id.md', '99999999-', 'mcp jira.write', 'mcp.admin'],
      ['entra-id.md', '99999999-', 'mcp', 'mcp.admin'],
      ['google.md', '112233445', '', ''],
      ['google.md', '109876543', '', ''],
      ['keycloak.md', '0b6c3c1e-', 'openid profile mcp', 'auditor mcp.admin'],
      ['okta.md', '00u1a2b3c', 'openid mcp jira.write', 'mcp.admin'],
    ]);
  });
});
