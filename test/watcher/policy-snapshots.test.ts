import { eventually } from '../fixtures/replica-server/waiting.ts';
import { tlsText } from '../fixtures/tls/files.ts';
import { expectGolden } from '../support/golden.ts';
import { type Documents, startTestWatcher, type TestWatcher } from './first-update.ts';

const endpoint = (id: string, port: number, more = {}) => ({
  ...{ id, address: `127.0.0.1:${port}`, incarnation: `of ${id}`, hostname: '', draining: false },
  ...more,
});

const ISSUERS = [
  {
    url: 'https://login.example/v2.0',
    discoveryUrl: 'https://login.example/v2.0/.well-known/openid-configuration?appid=1',
    audiences: ['api://mcp'],
    algorithms: ['RS256'],
    clockSkewSeconds: 60,
    scopePrefix: 'api://mcp/',
    claims: { subject: ['oid'], tenant: ['tid'], groups: ['groups'], roles: ['extension', 'roles'], scopes: ['scp'] },
  },
  { url: 'https://partner.example/' },
];

const CASES: Record<string, Documents> = {
  'without-backends': {
    settings: { publicUrl: 'https://mcp.example.com/', audit: { decisions: 'denied' } },
    files: { 'ended-sessions': `${'0a'.repeat(16)} 4000000000 1000000000 ${'0b'.repeat(16)}\n` },
  },
  tenants: {
    tenants: [
      {
        name: 'engineering',
        match: [{ tenant: 'engineering' }, { claim: ['org', 'unit'], values: ['r', 'd'] }],
        roles: ['auditor', { name: 'admin', match: [{ group: ['admins', 'owners'] }] }],
        rules: [
          { backends: ['jira'], roles: ['admin'], tools: { allow: ['*'] } },
          {
            tools: { allow: ['get_*'], deny: ['get_secret'] },
            prompts: { deny: ['*'] },
            resources: { allow: ['a:*'] },
          },
        ],
        quota: {
          ...{ requests: 1_000, per: 'hour', burst: 100, maxConcurrent: 20, maxStreams: 5, dryRun: true },
          users: { requests: 60, per: 'minute' },
          backends: { jira: { requests: 10, per: 'second', burst: 30 } },
          rules: [
            { name: 'deletions', tools: ['delete_*'], requests: 20, per: 'day' },
            { name: 'search', backends: ['jira'], methods: ['tools/*'], each: 'user', requests: 3, per: 'second' },
          ],
          costs: [{ tools: ['export_*'], cost: 25 }],
          free: ['*/list'],
          topUps: [{ requests: 500, until: '2030-01-01T00:00:00Z' }],
        },
      },
      { name: 'sales', match: [{ role: 'sales' }], backends: ['jira'] },
    ],
    backends: {
      jira: {
        ...{ name: 'jira', url: 'http://127.0.0.1:9100/rpc', affinity: 'none', affinityHeader: 'Mcp-Param-Project' },
        ...{ tenants: ['engineering'], roles: ['auditor', 'admin'], identityHeaders: ['tenant', 'subject'] },
        scopes: [{ need: ['jira'] }, { tools: ['delete_*'], need: ['jira.write', 'jira.delete'] }],
        ...{ tools: { allow: ['*_issue'], deny: ['drop_issue'] }, resources: { deny: ['secret:*'] } },
      },
    },
  },
  issuers: {
    settings: {
      ...{ issuer: undefined, issuers: ISSUERS, scopes: ['mcp', 'offline_access'] },
      ...{ allowedHosts: ['Internal.Example:8443'], allowedOrigins: ['https://app.example'] },
      ...{ sessions: { lifetime: '1h' }, quotas: { whenRedisFails: 'refuse', deadline: '20ms', gateways: 3 } },
      redis: { url: 'rediss://redis.example:6379/1', passwordFile: 'redis-password', caFile: 'redis-ca.pem' },
    },
    tenants: [
      { name: 'own', match: [{ issuer: 'https://login.example/v2.0', group: 'staff' }] },
      { name: 'partner', match: [{ issuer: 'https://partner.example/', claim: 'org', value: 'acme' }] },
    ],
  },
  tls: {
    backends: {
      bearer: {
        ...{ name: 'bearer', urls: ['https://192.0.2.1/mcp', 'https://192.0.2.2:8443/mcp'], caFile: 'ca.pem' },
        upstreamAuth: { type: 'bearer', file: 'token' },
      },
      basic: {
        name: 'basic',
        url: 'https://192.0.2.3/',
        upstreamAuth: { type: 'basic', username: 'me', file: 'token' },
      },
      mutual: {
        name: 'mutual',
        url: 'https://192.0.2.4/x',
        clientCertificate: { certFile: 'cert.pem', keyFile: 'key.pem' },
      },
      'no-secret': {
        name: 'no-secret',
        url: 'https://192.0.2.5/',
        upstreamAuth: { type: 'header', header: 'X-Key', file: 'none' },
      },
      'no-pair': {
        name: 'no-pair',
        url: 'https://192.0.2.6/',
        clientCertificate: { certFile: 'none', keyFile: 'none' },
      },
    },
    files: { token: 's3cret\n', 'cert.pem': tlsText('client-one.pem'), 'key.pem': tlsText('client-one-key.pem') },
  },
};

describe('policy snapshots', function () {
  this.timeout(10_000);
  let watcher: TestWatcher | undefined;

  afterEach(async () => {
    await watcher?.stop();
    watcher = undefined;
  });

  for (const [name, documents] of Object.entries(CASES)) {
    it(`of ${name} are as they were`, async () => {
      watcher = await startTestWatcher(documents);
      expectGolden(`policy/${name}.json`, await watcher.firstUpdate());
    });
  }

  it('of backends and replicas that drain are as they were', async () => {
    watcher = await startTestWatcher({
      backends: {
        stays: { name: 'stays', command: ['server'], replicas: 2 },
        leaves: { name: 'leaves', command: ['server'], drain: '1h' },
      },
      endpoints: {
        stays: [endpoint('stays-0', 9_001), endpoint('stays-1', 9_002, { draining: true })],
        leaves: [endpoint('leaves-0', 9_003)],
      },
    });
    const { remove, firstUpdate } = watcher;
    await firstUpdate();
    remove('leaves');
    const update = await eventually(firstUpdate, ({ backends }) => backends?.some(({ draining }) => draining) === true);
    expectGolden('policy/draining.json', update);
  });
});
