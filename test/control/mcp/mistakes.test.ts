import { expect } from 'chai';
import { type AdminClient, connectAdmin } from './admin-client.ts';
import { type RegistryFolder, registryFolder, TENANTS } from './registry-folder.ts';

describe('what a client of mcp-gateway serve can send wrong', function () {
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

  const CASES: [tool: string, args: object, ...words: string[]][] = [
    ['register_backend', {}, 'the arguments have one problem', 'name: is required'],
    ['register_backend', { name: 7, dryRun: 'yes' }, 'name: must be a string', 'dryRun: must be true or false'],
    ['register_backend', { name: 'x' }, 'one of command, url and urls is required'],
    ['register_backend', { name: 'x', url: 'http://a', command: ['b'] }, 'only one of'],
    [
      'register_backend',
      { name: 'X_1', url: 'http://a', colour: 'red' },
      'name: must be a DNS label',
      'colour: unknown key',
    ],
    ['register_backend', { name: 'admin', url: 'http://a' }, 'name: is reserved for the gateway itself'],
    [
      'register_backend',
      { name: 'x', image: 'a/b:1' },
      'image: requires a Kubernetes cluster; on one machine use command or url',
    ],
    ['register_backend', { name: 'x', url: 'http://u:p@a/mcp' }, 'a URL with a password', 'Nothing was changed.'],
    [
      'register_backend',
      { name: 'x', url: 'http://a', tenants: ['nobody'] },
      'there is no tenant "nobody"',
      'Tenants: engineering, sales',
    ],
    ['register_backend', { name: 'jira', url: 'http://a' }, 'there is a backend "jira" already', 'update: true'],
    ['register_backend', { name: 'jira', url: 'http://a', dryRun: true }, 'there is a backend "jira" already'],
    ['register_backend', { name: 'new', update: true, unset: ['path'] }, 'there is no backend new to change'],
    ['register_backend', { name: 'jira', update: true, drain: '5 minutes' }, 'drain: must be a duration'],
    ['register_backend', { name: 'x', url: 'http://a', waitSeconds: 601 }, 'waitSeconds: '],
    ['scale_backend', { name: 'jira', replicas: 2 }, 'jira runs elsewhere'],
    ['scale_backend', { name: 'jira', replicas: 101 }, 'replicas: '],
    ['scale_backend', { name: 'jira' }, 'replicas: is required'],
    ['remove_backend', { name: 'nothing' }, 'there is no backend "nothing"', 'Backends: jira'],
    ['remove_backend', { name: 'jira', force: true }, 'force: unknown key'],
    ['backend_status', { name: 'nothing' }, 'there is no backend "nothing"'],
    ['assign_backend', { name: 'nothing', tenants: ['sales'] }, 'there is no backend "nothing"'],
    ['assign_backend', { name: 'jira', tenants: ['nobody'] }, 'there is no tenant "nobody"'],
    ['assign_backend', { name: 'jira', tenants: 'sales' }, 'tenants: must be a list'],
    ['assign_backend', { name: 'jira', tenants: [], mode: 'replace' }, 'mode: must be set, add or remove'],
    ['tenant_quota', { tenant_id: 'nobody' }, 'there is no tenant "nobody"'],
    ['tenant_quota', { tenant_id: 'sales', requests: 5 }, 'per: is required'],
    ['tenant_quota', { tenant_id: 'sales', per: 'week' }, 'per: must be second, minute, hour or day'],
    ['tenant_quota', { tenant_id: 'sales', topUp: { requests: 5, for: '1h' } }, 'nothing to top up'],
    ['tenant_quota', { tenant_id: 'sales', requests: 1, per: 'hour', set: 'requests=2' }, 'requests is set twice'],
    [
      'tenant_quota',
      { tenant_id: 'sales', set: 'backends.nothing.requests=2 backends.nothing.per=hour' },
      'there is no backend "nothing"',
    ],
    ['explain_session', { sessionId: 'x' }, 'session-keys cannot be read'],
    ['explain_denial', { requestId: '12345678' }, 'the audit log cannot be read'],
    ['list_backends', { all: true }, 'all: unknown key'],
  ];

  for (const [tool, args, ...words] of CASES) {
    it(`${tool} ${JSON.stringify(args)}`, async () => {
      const text = await client.refusal(tool, args);
      for (const word of words) expect(text).to.include(word);
      expect(text).to.not.include('unexpected failure');
      expect(registry.read('backends/jira.yaml')).to.equal('# Our tickets.\nname: jira\nurl: http://127.0.0.1:1/mcp\n');
      expect(registry.read('tenants.yaml')).to.equal(TENANTS);
    });
  }

  it('hides credentials that somebody wrote down by hand, and keeps them', async () => {
    registry.write('backends/old.yaml', 'name: old\ncommand: [server]\nenv: {TOKEN: abcdefgh, LEVEL: info}\n');
    expect(await client.read('mcp-gateway://backends/old'))
      .to.include('(hidden)')
      .and.not.include('abcdefgh');
    const changed = await client.call('register_backend', { name: 'old', update: true, env: { LEVEL: 'debug' } });
    expect(JSON.stringify(changed)).to.not.include('abcdefgh');
    expect(registry.read('backends/old.yaml')).to.include('TOKEN: abcdefgh').and.include('LEVEL: debug');
  });

  it('tells of documents that are not sound, and changes none of them', async () => {
    registry.write('backends/broken.yaml', 'name: broken\nurl: ftp://x\n');
    registry.write('backends/worse.yaml', 'name: [\n');
    const { backends, notes } = await client.call('list_backends');
    expect(JSON.stringify(backends)).to.include('"state":"refused"').and.include('url: must be an http or https URL');
    expect(JSON.stringify(notes)).to.include('worse.yaml names no backend');
    registry.write('tenants.yaml', 'tenants: 5\n');
    expect(await client.refusal('tenant_quota', { tenant_id: 'sales' })).to.include('has errors; fix them first');
    registry.write('gateway.yaml', 'issuer: development\n');
    expect(await client.refusal('list_backends'))
      .to.include('gateway.yaml has problems')
      .and.include('backends: is required');
  });

  it('makes no lost update where several change the same documents at once', async () => {
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
