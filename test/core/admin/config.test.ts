import { expect } from 'chai';
import { adminProblems } from '../../../core/admin/config.ts';
import { gatewaySchema } from '../../../core/config/gateway.ts';
import { tenantsSchema } from '../../../core/tenants/tenants.ts';

const match = [{ claim: 'c', value: 'v' }];
const { tenants } = tenantsSchema.parse({
  tenants: [
    { name: 'platform', match, roles: ['mcp.admin'] },
    { name: 'named', match, roles: [{ name: 'mcp.admin', match }], backends: ['jira', 'gateway'] },
    { name: 'roleless', match, roles: ['admin'] },
    { name: 'listless', match, roles: ['mcp.admin'], backends: ['jira'] },
  ],
});

describe('core/admin/config', () => {
  it('reports tenants whose members could not use the admin tools', () => {
    const admin = { tenants: ['platform', 'named', 'roleless', 'listless', 'none'] };
    const problems = adminProblems(admin, tenants, 'gateway.yaml');
    expect(problems.map(({ source, path }) => `${source} ${path}`)).to.deep.equal([
      'gateway.yaml admin.tenants[2]',
      'gateway.yaml admin.tenants[3]',
      'gateway.yaml admin.tenants[4]',
    ]);
    expect(adminProblems(undefined, tenants, 'gateway.yaml')).to.deep.equal([]);
  });

  it('is off unless it names a tenant', () => {
    const config = { issuer: 'development', backends: 'b', tenants: 't' };
    expect(gatewaySchema.parse(config).admin).to.equal(undefined);
    expect(gatewaySchema.parse({ ...config, admin: { tenants: ['a'] } }).admin).to.deep.equal({ tenants: ['a'] });
    for (const admin of [{}, { tenants: [] }, { tenants: ['*'] }, { tenants: ['a'], role: 'b' }, true]) {
      expect(gatewaySchema.safeParse({ ...config, admin }).success, JSON.stringify(admin)).to.equal(false);
    }
  });
});
