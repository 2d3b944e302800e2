import { expect } from 'chai';
import { type AdminClient, connectAdmin, KINDS } from './admin-client.ts';
import { type RegistryFolder, registryFolder } from './registry-folder.ts';

const TOOLS = [
  ...['list_backends', 'backend_status', 'register_backend', 'scale_backend', 'remove_backend', 'assign_backend'],
  ...['tenant_quota', 'explain_session', 'explain_denial', 'helm_values'],
];

for (const kind of KINDS) {
  describe(`mcp-gateway serve, with ${kind}`, function () {
    this.timeout(30_000);
    let registry: RegistryFolder;
    let client: AdminClient;

    before(async () => {
      registry = registryFolder();
      client = await connectAdmin(registry.options, kind);
    });
    after(async () => {
      await client.close();
      registry.remove();
    });

    it('names what it administers, in the requested era', () => {
      expect(client.instructions).to.include(
        `administers an MCP gateway in the folder ${registry.folder} of one machine`,
      );
      const modern = kind.endsWith('auto') || kind.endsWith('2026-07-28');
      expect(client.era).to.equal(modern ? '2026-07-28' : '2025-11-25');
    });

    it('lists tools with schemas and annotations', async () => {
      const tools = await client.tools();
      expect(tools.map(({ name }) => name)).to.have.members(TOOLS);
      for (const { name, outputSchema, annotations } of tools) {
        expect(outputSchema, name).to.be.an('object');
        const reads = /^(list|explain|helm)_|_status$/.test(name);
        expect([name, annotations?.readOnlyHint]).to.deep.equal([name, reads]);
        expect([name, annotations?.destructiveHint]).to.deep.equal([name, name === 'remove_backend']);
      }
      const register = tools.find(({ name }) => name === 'register_backend')?.inputSchema;
      expect(register?.required).to.deep.equal(['name']);
      // Keys that this kind of installation does not have are not offered.
      expect(register?.properties).to.include.keys('command', 'url', 'upstreamAuth', 'tenants', 'dryRun', 'update');
      expect(register?.properties).to.not.include.keys('image', 'secretEnv', 'podTemplate');
    });

    it('registers, shows, assigns, limits and removes a backend', async () => {
      const dry = await client.call('register_backend', { name: 'wiki', url: 'http://127.0.0.1:1/mcp', dryRun: true });
      expect(dry).to.include({ action: 'would-create', manifest: 'name: wiki\nurl: http://127.0.0.1:1/mcp\n' });
      expect(await client.call('list_backends')).to.deep.include({ backends: [] });

      await client.call('register_backend', { name: 'wiki', url: 'http://127.0.0.1:1/mcp', tenants: ['sales'] });
      expect(registry.read('backends/wiki.yaml')).to.include('url: http://127.0.0.1:1/mcp');
      const changed = await client.call('register_backend', { name: 'wiki', update: true, drain: '5m' });
      expect(changed).to.deep.include({ action: 'changed', changed: ['drain'], usableBy: ['sales'] });
      expect(await client.call('register_backend', { name: 'wiki', update: true, drain: '5m' })).to.include({
        action: 'unchanged',
      });

      const assigned = await client.call('assign_backend', { name: 'wiki', tenants: ['engineering'], mode: 'add' });
      expect(assigned).to.deep.include({ before: ['sales'], after: ['engineering', 'sales'] });
      const quota = await client.call('tenant_quota', { tenant_id: 'sales', requests: 1000, per: 'hour' });
      expect(quota).to.deep.include({ before: ['no quota: unlimited'], after: ['tenant: 1000 per hour'] });
      expect(registry.read('tenants.yaml')).to.include('# those who sell').and.include('requests: 1000');

      expect(await client.resources()).to.have.members(['mcp-gateway://tenants', 'mcp-gateway://backends/wiki']);
      expect(await client.read('mcp-gateway://backends/wiki'))
        .to.include('name: wiki\n')
        .and.include('drain: 5m\n');
      expect(await client.read('mcp-gateway://tenants')).to.equal(registry.read('tenants.yaml'));
      expect(await client.complete('name', 'wi')).to.deep.equal(['wiki']);

      expect(await client.call('backend_status', { name: 'wiki' })).to.include({ state: 'unknown', wanted: 1 });
      expect(await client.call('remove_backend', { name: 'wiki' })).to.include({ action: 'removed' });
      expect(await client.call('list_backends')).to.deep.include({ backends: [] });
    });

    it('guides through a deployment', async () => {
      const text = await client.prompt('deploy_gateway', { backends: 'github, jira' });
      expect(text).to.include('- backends: github, jira').and.include('Never ask me for a secret');
    });

    it('answers with protocol errors for unknown resources, tools and prompts', async () => {
      const codeOf = (work: Promise<unknown>) =>
        work.then(
          () => undefined,
          ({ code }: { code?: number }) => code,
        );
      expect(await codeOf(client.read('mcp-gateway://backends/nothing'))).to.be.oneOf([-32602, -32002]);
      expect(await codeOf(client.call('no_such_tool'))).to.equal(-32602);
      expect(await codeOf(client.prompt('no_such_prompt'))).to.equal(-32602);
    });
  });
}
