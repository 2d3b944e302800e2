import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { stateFolder, writeFacts } from '../../runtime/state/folder.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { startIssuer, temporaryState } from '../local/issuer/harness.ts';

const PUBLIC_URL = 'http://127.0.0.1:8080';

describe('mcp-gateway token', function () {
  this.timeout(30_000);
  let state: Awaited<ReturnType<typeof temporaryState>>;

  before(async () => {
    state = await temporaryState();
    await (await startIssuer(state.stateDir, () => [PUBLIC_URL])).stop();
    writeFacts(stateFolder(state.stateDir), { publicUrl: PUBLIC_URL, watcherSocket: '/nowhere', tenantsFile: '/none' });
  });
  after(() => state.remove());

  const run = (...args: string[]) => runCommand(['token', '--state-dir', state.stateDir, ...args]);
  const claimsOf = async (...args: string[]) => decodeJwt((await run(...args)).stdout.trim());

  it('prints a token without roles and groups by default', async () => {
    const claims = await claimsOf();
    expect(claims).to.include({ sub: 'developer', tenant: 'engineering', scope: 'mcp', aud: PUBLIC_URL });
    expect(claims).not.to.have.any.keys('roles', 'groups');
  });

  it('takes several roles, groups and scopes', async () => {
    const roles = ['--role', 'auditor', '--role', 'mcp.admin'];
    const groups = ['--group', '/engineering/red team', '--group', 'all'];
    const claims = await claimsOf(...roles, ...groups, '--scope', 'mcp', '--scope', 'jira.write', '--tenant', 'sales');
    expect(claims).to.deep.include({
      roles: ['auditor', 'mcp.admin'],
      groups: ['/engineering/red team', 'all'],
      scope: 'mcp jira.write',
      tenant: 'sales',
    });
    expect((await claimsOf('--scope', 'jira.write')).scope).to.equal('jira.write');
  });

  it('rejects names that no document can have', async () => {
    for (const args of [
      ['--role', 'a b'],
      ['--scope', ''],
      ['--group', ''],
      ['--tenant', ''],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 64, stdout: '' });
      expect(stderr).to.match(/^mcp-gateway: /);
    }
  });
});
