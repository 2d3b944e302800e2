import { expect } from 'chai';
import fc from 'fast-check';
import { parseValue } from '../../core/document/parse.ts';
import { clusterBackendSchema } from '../../core/registry/backend.ts';
import { ApiError } from './support/api.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

interface Candidate {
  name: string;
  spec: Record<string, unknown>;
}

/** Specs that say where the servers run: valid ones, and invalid combinations. */
const PLACES: object[] = [
  { image: 'ghcr.io/acme/a:1' },
  { image: 'a', args: ['--port', '$(PORT)'], port: 9000 },
  { command: ['npx', '-y', 'server'], transport: 'stdio' },
  { command: ['uvx', 'server'], transport: 'stdio', stdio: { maxSessions: 5, idle: '5m' } },
  { url: 'https://a.example/sse', transport: 'sse', replicas: 2 },
  { url: 'https://a.example/sse', transport: 'sse', sse: { idle: '5m' }, compute: { limits: { cpu: 1 } } },
  { service: { name: 's' } },
  { service: { name: 's', port: 80 } },
  { service: { name: 's', port: 'http' } },
  { url: 'http://a.example' },
  { url: 'https://a.example:8443/x' },
  { urls: ['https://a.example/x', 'https://b.example/x'] },
  {},
  { image: 'a', url: 'http://a.example' },
  { image: 'a', service: { name: 's' } },
  { url: 'http://a.example', urls: ['http://b.example'] },
  { command: ['server'] },
  { command: ['server'], transport: 'http' },
  { command: [], transport: 'stdio' },
  { command: 'server', transport: 'stdio' },
  { image: 'a b' },
  { image: '' },
  { image: 5 },
  { image: 'a', transport: 'stdio' },
  { command: ['uvx', 'server'], transport: 'stdio', affinity: 'none' },
  { url: 'https://a.example/sse', transport: 'sse', affinity: 'none' },
  { urls: ['https://a.example/sse'], transport: 'sse' },
  { image: 'a', transport: 'sse' },
  { service: {} },
  { service: { name: 'S' } },
  { service: { name: 's', port: 0 } },
  { service: { name: 's', port: 65_536 } },
  { service: { name: 's', port: 'HTTP' } },
  { service: 's' },
  { url: 'ftp://a.example' },
  { url: 'a.example' },
  { url: 'http://u:p@a.example' },
  { url: 'http://a.example/?a=b' },
  { url: 'http://a.example/#a' },
  { url: ['http://a.example'] },
  { urls: [] },
  { urls: ['ftp://a.example'] },
];

/** Values of each other key, valid and invalid. */
const VALUES: Record<string, unknown[]> = {
  transport: ['http', 'stdio', 'sse', 1],
  stdio: [{}, { idle: '1s' }, { idle: '999ms' }, { idle: '8d' }, { idle: '1w' }, { maxSessions: 0 }, { most: 1 }],
  sse: [{}, { idle: '1s' }, { maxSessions: 0 }, { most: 1 }],
  env: [{}, { A: 'x', B_2: 5, _C: '' }, { PORT: 'x' }, { 'A B': 'x' }, { '1A': 'x' }, { A: {} }, { A: [] }],
  secretEnv: [
    { T: { name: 's', key: 'k' } },
    { 'T-': { name: 's', key: 'k' } },
    { T: { name: 's' } },
    { T: { name: 's', key: 'a/b' } },
    { A: { name: 's', key: 'k' } },
  ],
  cwd: ['/x'],
  args: [[], ['a'], 'a'],
  port: [1, 65_535, 0, 65_536, '80', 1.5],
  compute: [
    {},
    { limits: { cpu: '500m', memory: '1Gi' } },
    { requests: { cpu: 1 } },
    { limits: { cpu: 'much' } },
    { limits: { cpu: 0 } },
    { limits: { cpu: '-1' } },
    { cpu: 1 },
  ],
  imagePullSecrets: [[], ['p'], ['P'], 'p'],
  nodeSelector: [{ disk: 'ssd' }, { disk: 1 }],
  serviceAccount: ['sa', 'SA', ''],
  podTemplate: [{}, { spec: { priorityClassName: 'x', any: [1, { b: null }] } }, 'x'],
  replicas: [0, 1, 100, 101, -1, 1.5, '2'],
  path: ['/', '/a/b-c_d~e', 'mcp', '/a?b', '/a/../b', '/a/.', '/a b', '/..a', `/${'a'.repeat(1_024)}`],
  affinity: ['session', 'none', 'sticky'],
  affinityHeader: ['Mcp-Param-Region', 'mcp-param-a', 'authorization', 'mcp-param-', 'mcp-param-ä'],
  healthCheck: [
    {},
    { type: 'tcp' },
    { type: 'none', path: '/x' },
    { interval: '100ms', timeout: '100ms' },
    { interval: '1h' },
    { type: 'grpc' },
    { path: 'healthz' },
    { path: '/a/../b' },
    { interval: '1s', timeout: '2s' },
    { interval: '1s' },
    { interval: '99ms', timeout: '50ms' },
    { interval: '2h' },
    { interval: 5 },
    { timeout: '49ms' },
    { unhealthyThreshold: 0 },
    { healthyThreshold: 101 },
    { every: '1s' },
  ],
  tenants: [[], ['a', 'b-c'], ['A'], ['-a'], ['a'.repeat(64)], 'a'],
  roles: [['mcp.admin'], ['a b'], [''], [1]],
  scopes: [
    [],
    [{ need: ['mcp'] }, { tools: ['a_*'], need: ['x', 'y'] }],
    [{ tools: ['a'] }],
    [{ need: [] }],
    [{ need: ['a b'] }],
    [{ need: ['a'], tools: [] }],
  ],
  tools: [
    {},
    { allow: [], deny: ['*'] },
    { allow: ['a_*'] },
    { alow: ['a'] },
    ['a'],
    { deny: [''] },
    { allow: ['a'.repeat(257)] },
  ],
  prompts: [{ deny: ['x'] }, { deny: 'x' }],
  resources: [{ deny: ['file:///*'] }, { deny: [1] }],
  upstreamAuth: [
    { type: 'bearer', secret: { name: 's', key: 'k' } },
    { type: 'basic', username: 'u', secret: { name: 's', key: 'k' } },
    { type: 'header', header: 'X-Api-Key', secret: { name: 's', key: 'k' } },
    { type: 'bearer' },
    { type: 'bearer', file: '/etc/passwd' },
    { type: 'bearer', username: 'u', secret: { name: 's', key: 'k' } },
    { type: 'basic', secret: { name: 's', key: 'k' } },
    { type: 'basic', username: 'u:v', secret: { name: 's', key: 'k' } },
    { type: 'header', secret: { name: 's', key: 'k' } },
    { type: 'header', header: 'Host', secret: { name: 's', key: 'k' } },
    { type: 'header', header: 'MCP-Session-Id', secret: { name: 's', key: 'k' } },
    { type: 'header', header: 'a b', secret: { name: 's', key: 'k' } },
    { type: 'digest', secret: { name: 's', key: 'k' } },
  ],
  identityHeaders: [[], ['subject', 'roles'], ['email'], 'subject'],
  clientCertificate: [{ secret: 's' }, { secret: 'S' }, {}, { certFile: 'a', keyFile: 'b' }],
  caFile: ['ca.pem'],
  caSecret: [{ name: 's', key: 'ca.crt' }, { name: 's' }],
  drain: ['0s', '30s', '24h', '1d', '25h', '30', 30],
  name: ['a'],
  replica: [2],
};

const NAMES = ['jira', 'a-1', 'a'.repeat(48), 'a'.repeat(49), 'a'.repeat(63), 'a'.repeat(64), 'mcp', 'healthz', 'a.b'];

/** Specs that the API server accepts and only the schema in code rejects. The operator reports them in `Accepted`. */
const ONLY_CODE: [spec: Record<string, unknown>, why: string][] = [
  [{ urls: ['http://a.example', 'https://b.example'] }, 'comparing all URLs with each other is left to code'],
  [{ urls: ['http://a.example/x', 'http://b.example/y'] }, 'likewise'],
  [{ urls: ['http://a.example', 'http://a.example:80/mcp'] }, 'likewise: the default port and path'],
  [{ url: 'http://a.example:0' }, 'ports in a URL are read by code'],
  [{ url: 'http://[1/' }, 'and so are hosts'],
  [{ image: 'a', env: { A: null } }, 'number or text may be nothing, too'],
];

/** Specs that the schema in code accepts, also in a file, and the API server rejects. */
const ONLY_CLUSTER: [spec: object, why: string][] = [
  [{ image: 'a', env: { A: true } }, 'a schema of Kubernetes knows number or text only; true needs quotes'],
  [{ image: 'a', env: { A: 0.5 } }, 'and whole numbers only'],
  [{ image: 'a', compute: { limits: { cpu: 0.5 } } }, 'likewise, as in all CustomResourceDefinitions'],
  [{ url: 'HTTP://a.example' }, 'a URL has one spelling'],
  [{ url: 'http:a.example' }, 'likewise'],
  [
    { image: 'a', env: Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`A${n}`, ''])) },
    'CEL rules need bounds',
  ],
];

describe('the CustomResourceDefinition', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    namespace = await cluster.newNamespace();
  });

  /** Why the API server rejects it; undefined if it accepts it. */
  async function rejection({ name, spec }: Candidate): Promise<string | undefined> {
    const path = `/apis/mcpgateway.dev/v1alpha1/namespaces/${namespace}/mcpbackends?dryRun=All&fieldValidation=Strict`;
    const object = { apiVersion: 'mcpgateway.dev/v1alpha1', kind: 'MCPBackend', metadata: { name }, spec };
    try {
      await cluster.api.create(path, object);
      return undefined;
    } catch (error) {
      if (error instanceof ApiError && [400, 422].includes(error.status)) return error.message;
      throw error;
    }
  }

  const problems = ({ name, spec }: Candidate) => {
    // A name is an unknown key of a spec: only the object has one.
    if ('name' in spec) return ['name'];
    const parsed = parseValue({ ...spec, name }, 'x', clusterBackendSchema);
    return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
  };

  async function agree(candidate: Candidate): Promise<void> {
    const rejected = await rejection(candidate);
    const wrong = problems(candidate);
    expect(
      rejected === undefined,
      `${JSON.stringify(candidate)}: ${rejected ?? 'accepted'}; ${wrong.join('; ')}`,
    ).to.equal(wrong.length === 0);
  }

  it('agrees with the schema in code about where servers run', async () => {
    for (const spec of PLACES) await agree({ name: 'a', spec: { ...spec } });
  });

  for (const [key, values] of Object.entries(VALUES)) {
    it(`agrees about each ${key}`, async () => {
      for (const value of values) {
        for (const place of [PLACES[0], PLACES[2], PLACES[5], PLACES[8]]) {
          await agree({ name: 'a', spec: { ...place, [key]: value } });
        }
      }
    });
  }

  it('agrees about names', async () => {
    for (const name of NAMES)
      for (const place of [PLACES[0], PLACES[2], PLACES[7]]) await agree({ name, spec: { ...place } });
  });

  it('agrees about random combinations', async () => {
    const extra = fc
      .constantFrom(...Object.keys(VALUES))
      .chain((key) => fc.constantFrom(...(VALUES[key] ?? [])).map((value) => ({ [key]: value })));
    const candidate = fc
      .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...PLACES), fc.array(extra, { maxLength: 4 }))
      .map(([name, place, extras]): Candidate => ({ name, spec: Object.assign({}, place, ...extras) }));
    await fc.assert(fc.asyncProperty(candidate, agree), { numRuns: 300, endOnFailure: true });
  });

  for (const [spec, why] of ONLY_CODE) {
    it(`accepts ${JSON.stringify(spec)}, which only code rejects: ${why}`, async () => {
      const candidate = { name: 'a', spec };
      expect(await rejection(candidate)).to.equal(undefined);
      expect(problems(candidate)).not.to.deep.equal([]);
    });
  }

  for (const [spec, why] of ONLY_CLUSTER) {
    it(`rejects ${JSON.stringify(spec).slice(0, 60)}, which code accepts: ${why}`, async () => {
      const candidate = { name: 'a', spec: { ...spec } };
      expect(await rejection(candidate)).to.be.a('string');
      expect(problems(candidate)).to.deep.equal([]);
    });
  }

  it('fills in the same defaults as code', async () => {
    for (const place of [PLACES[0], PLACES[3], PLACES[8]]) {
      const path = `/apis/mcpgateway.dev/v1alpha1/namespaces/${namespace}/mcpbackends?dryRun=All&fieldValidation=Strict`;
      const object = {
        apiVersion: 'mcpgateway.dev/v1alpha1',
        kind: 'MCPBackend',
        metadata: { name: 'a' },
        spec: place,
      };
      const { spec } = JSON.parse(JSON.stringify(await cluster.api.create(path, object)));
      expect(spec).not.to.deep.equal(place);
      expect(clusterBackendSchema.parse({ ...spec, name: 'a' })).to.deep.equal(
        clusterBackendSchema.parse({ ...place, name: 'a' }),
      );
    }
  });

  it('says what is wrong', async () => {
    expect(await rejection({ name: 'mcp', spec: {} })).to.contain('image, command, service, url and urls');
    expect(await rejection({ name: 'mcp', spec: { image: 'a' } })).to.contain('reserved');
    expect(await rejection({ name: 'a', spec: { image: 'a', env: { PORT: '1' } } })).to.contain('PORT');
    expect(await rejection({ name: 'a', spec: { image: 'a', drain: '2d' } })).to.contain('between 0ms and 1d');
  });
});
