import { expect } from 'chai';
import { type AdminClient, connectAdmin } from './admin-client.ts';
import { type RegistryFolder, registryFolder, TENANTS } from './registry-folder.ts';

describe('mistakes of a client of mcp-gateway serve', function () {
  this.timeout(30_000);
  let registry: RegistryFolder;
  let client: AdminClient;

  before(async () => {
    registry = registryFolder();
    registry.write('backends/jira.yaml', '# Our tickets.\nname: jira\nurl: http://127.0.0.1:1/mcp\n');
    client = await connectAdmin(registry.options);
  });
  after(async () => {
    await client.close();
    registry.remove();
  });

  /** The words are the paths, names and hints that the answer must have; the wording is in test/control/messages.test.ts. */
  const CASES: [tool: string, args: object, ...words: string[]][] = [
    ['register_backend', {}, 'name: '],
    ['register_backend', { name: 7, dryRun: 'yes' }, 'name: ', 'dryRun: '],
    ['register_backend', { name: 'x' }, 'command, url and urls'],
    ['register_backend', { name: 'x', url: 'http://a', command: ['b'] }, 'command, url and urls'],
    ['register_backend', { name: 'X_1', url: 'http://a', colour: 'red' }, 'name: ', 'colour: '],
    ['register_backend', { name: 'admin', url: 'http://a' }, 'name: '],
    ['register_backend', { name: 'x', image: 'a/b:1' }, 'image: '],
    ['register_backend', { name: 'x', url: 'http://u:p@a/mcp' }, 'url looks like', 'Nothing was changed.'],
    [
      'register_backend',
      { name: 'x', url: 'http://a', tenants: ['nobody'] },
      '"nobody"',
      'Tenants: engineering, sales',
    ],
    ['register_backend', { name: 'jira', url: 'http://a' }, '"jira" exists already', 'update: true'],
    ['register_backend', { name: 'jira', url: 'http://a', dryRun: true }, '"jira" exists already'],
    ['register_backend', { name: 'new', update: true, unset: ['path'] }, '"new"'],
    ['register_backend', { name: 'jira', update: true, drain: '5 minutes' }, 'drain: '],
    ['register_backend', { name: 'x', url: 'http://a', waitSeconds: 601 }, 'waitSeconds: '],
    ['scale_backend', { name: 'jira', replicas: 2 }, 'jira cannot be scaled'],
    ['scale_backend', { name: 'jira', replicas: 101 }, 'replicas: '],
    ['scale_backend', { name: 'jira' }, 'replicas: '],
    ['remove_backend', { name: 'nothing' }, '"nothing"', 'Backends: jira'],
    ['remove_backend', { name: 'jira', force: true }, 'force: '],
    ['backend_status', { name: 'nothing' }, '"nothing"'],
    ['assign_backend', { name: 'nothing', tenants: ['sales'] }, '"nothing"'],
    ['assign_backend', { name: 'jira', tenants: ['nobody'] }, '"nobody"'],
    ['assign_backend', { name: 'jira', tenants: 'sales' }, 'tenants: '],
    ['assign_backend', { name: 'jira', tenants: [], mode: 'replace' }, 'mode: '],
    ['tenant_quota', { tenant_id: 'nobody' }, '"nobody"'],
    ['tenant_quota', { tenant_id: 'sales', requests: 5 }, 'per: '],
    ['tenant_quota', { tenant_id: 'sales', per: 'week' }, 'per: '],
    ['tenant_quota', { tenant_id: 'sales', topUp: { requests: 5, for: '1h' } }, 'top up'],
    ['tenant_quota', { tenant_id: 'sales', requests: 1, per: 'hour', set: 'requests=2' }, 'requests is set twice'],
    [
      'tenant_quota',
      { tenant_id: 'sales', set: 'backends.nothing.requests=2 backends.nothing.per=hour' },
      '"nothing"',
      'Backends: jira',
    ],
    ['explain_session', { sessionId: 'x' }, 'session-keys'],
    ['explain_denial', { requestId: '12345678' }, 'audit.log'],
    ['list_backends', { all: true }, 'all: '],
  ];

  for (const [tool, args, ...words] of CASES) {
    it(`${tool} ${JSON.stringify(args)}`, async () => {
      const text = await client.rejection(tool, args);
      for (const word of words) expect(text).to.include(word);
      expect(text).to.not.include('unexpected failure');
      expect(registry.read('backends/jira.yaml')).to.equal('# Our tickets.\nname: jira\nurl: http://127.0.0.1:1/mcp\n');
      expect(registry.read('tenants.yaml')).to.equal(TENANTS);
    });
  }

  it('hides credentials that were written by hand, and keeps them', async () => {
    registry.write('backends/old.yaml', 'name: old\ncommand: [server]\nenv: {TOKEN: abcdefgh, LEVEL: info}\n');
    expect(await client.read('mcp-gateway://backends/old'))
      .to.include('(hidden)')
      .and.not.include('abcdefgh');
    const changed = await client.call('register_backend', { name: 'old', update: true, env: { LEVEL: 'debug' } });
    expect(JSON.stringify(changed)).to.not.include('abcdefgh');
    expect(registry.read('backends/old.yaml')).to.include('TOKEN: abcdefgh').and.include('LEVEL: debug');
  });

  it('reports documents with errors, and changes none of them', async () => {
    registry.write('backends/broken.yaml', 'name: broken\nurl: ftp://x\n');
    registry.write('backends/worse.yaml', 'name: [\n');
    const { backends, notes } = await client.call('list_backends');
    expect(JSON.stringify(backends)).to.include('"state":"refused"').and.include('url: ');
    expect(JSON.stringify(notes)).to.include('worse.yaml');
    registry.write('tenants.yaml', 'tenants: 5\n');
    expect(await client.rejection('tenant_quota', { tenant_id: 'sales' })).to.include('tenants: ');
    registry.write('gateway.yaml', 'issuer: development\n');
    expect(await client.rejection('list_backends'))
      .to.include('gateway.yaml')
      .and.include('backends: ');
  });

  it('loses no update when several clients change the same documents at the same time', async () => {
    const other = registryFolder();
    const clients = await Promise.all([connectAdmin(other.options), connectAdmin(other.options)]);
    try {
      await clients[0]?.call('register_backend', { name: 'jira', command: ['x'] });
      const each = clients.flatMap((one, at) =>
        Array.from({ length: 8 }, (_, index) => [
          one.call('register_backend', { name: 'jira', update: true, env: { [`V${at}_${index}`]: 'x' } }),
          one.call('tenant_quota', { tenant_id: at === 0 ? 'sales' : 'engineering', requests: index + 1, per: 'hour' }),
        ]).flat(),
      );
      await Promise.all(each);
      const text = other.read('backends/jira.yaml');
      for (const at of [0, 1]) for (let index = 0; index < 8; index++) expect(text).to.include(`V${at}_${index}: x`);
      expect(other.read('tenants.yaml').match(/requests: \d/g)).to.have.length(2);
      expect(other.read('tenants.yaml')).to.include('# us').and.include('# those who sell');
      const names = ['a', 'a', 'a', 'a'];
      const made = await Promise.allSettled(
        names.map((name, at) => clients[at % 2]?.call('register_backend', { name, url: `http://127.0.0.1:${at + 1}` })),
      );
      expect(made.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    } finally {
      await Promise.all(clients.map((one) => one.close()));
      other.remove();
    }
  });
});
