import { expect } from 'chai';
import { anyGatewaySchema, gatewaySchema } from '../../../core/config/gateway.ts';
import { parseYaml } from '../../../core/document/parse.ts';

const BASE = 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n';

function pathsOfProblems(text: string): string[] {
  const parsed = parseYaml(text, 'gateway.yaml', gatewaySchema);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

describe('core/config/gateway', () => {
  it('has defaults for everything but the required keys', () => {
    const parsed = parseYaml(BASE, 'gateway.yaml', gatewaySchema);
    expect(parsed).to.deep.equal({
      ok: true,
      value: {
        listen: { address: '127.0.0.1', port: 8080, trustedProxies: [], heapMiB: 1_024 },
        developmentIssuer: true,
        issuers: [],
        scopes: ['mcp'],
        audit: {
          decisions: 'all',
          onFailure: 'continue',
          maxFileMiB: 100,
          maxFiles: 10,
          anonymousDenialsPerSecond: 1,
        },
        quotas: { whenRedisFails: 'share', deadline: 50, gateways: 1 },
        backends: 'backends',
        tenants: 'tenants.yaml',
        sessions: { lifetime: 604_800_000 },
        allowedHosts: [],
        allowedOrigins: [],
      },
    });
  });

  it('reports missing keys', () => {
    expect(pathsOfProblems('{}')).to.have.members(['issuer', 'backends', 'tenants']);
  });

  for (const [text, path] of [
    ['listen: {port: 65536}', 'listen.port'],
    ['listen: {port: -1}', 'listen.port'],
    ['listen: {address: localhost}', 'listen.address'],
    ['listen: {adress: 127.0.0.1}', 'listen.adress'],
    ['publicUrl: ftp://example.com', 'publicUrl'],
    ['publicUrl: https://example.com/?a=b', 'publicUrl'],
    ['publicUrl: example.com', 'publicUrl'],
    ['allowedOrigins: [https://example.com/app]', 'allowedOrigins[0]'],
    ['allowedOrigins: ["*"]', 'allowedOrigins[0]'],
    ['allowedHosts: [""]', 'allowedHosts[0]'],
    ['sessions: {lifetime: 10s}', 'sessions.lifetime'],
    ['sessions: {lifetime: 91d}', 'sessions.lifetime'],
    ['workers: 0', 'workers'],
    ['workers: 1.5', 'workers'],
    ['worker: 2', 'worker'],
    ['issuers: [{url: "https://i.example"}]', 'issuers'],
    ['scopes: ["a b"]', 'scopes[0]'],
    ['audit: {decisions: some}', 'audit.decisions'],
    ['audit: {onFailure: refuse}', 'audit.onFailure'],
    ['audit: {maxFiles: 1}', 'audit.maxFiles'],
    ['audit: {maxFileMiB: -1}', 'audit.maxFileMiB'],
    ['audit: {anonymousDenialsPerSecond: 0.5}', 'audit.anonymousDenialsPerSecond'],
    ['redis: {url: "http://a"}', 'redis.url'],
    ['redis: {url: "redis://"}', 'redis.url'],
    ['redis: {url: "redis+ring://a"}', 'redis.url'],
    ['quotas: {whenRedisFails: allow}', 'quotas.whenRedisFails'],
    ['quotas: {deadline: 1ms}', 'quotas.deadline'],
    ['listen: {tls: {certFile: a}}', 'listen.tls.keyFile'],
    ['listen: {trustedProxies: [10.0.0.0]}', 'listen.trustedProxies[0]'],
  ] as const) {
    it(`rejects ${text}`, () => expect(pathsOfProblems(BASE + text)).to.deep.equal([path]));
  }

  it('rejects issuers that are not secure URLs', () => {
    for (const url of [
      'http://issuer.example.com',
      'https://i.example/?a',
      'https://i.example/#a',
      'https://u@i.example',
      'x',
    ]) {
      const text = BASE.replace('development', `{url: "${url}"}`);
      expect(pathsOfProblems(text), url).to.deep.equal(['issuer.url']);
    }
    for (const url of [
      'https://i.example',
      'https://i.example/realms/a/',
      'http://127.0.0.1:9',
      'http://localhost:9',
      'http://[::1]:9',
    ]) {
      expect(pathsOfProblems(BASE.replace('development', `{url: "${url}"}`)), url).to.deep.equal([]);
    }
  });

  describe('issuers', () => {
    const of = (list: string) => BASE.replace('issuer: development', `issuers: ${list}`);

    it('can be several, or one', () => {
      const urlsOf = (text: string) => {
        const parsed = parseYaml(text, 'g', gatewaySchema);
        return parsed.ok && parsed.value.issuers.map(({ url }) => url);
      };
      const two = ['https://a.example', 'https://b.example/'];
      expect(urlsOf(of(`[{url: "${two[0]}"}, {url: "${two[1]}"}]`))).to.deep.equal(two);
      expect(urlsOf(BASE.replace('development', `{url: "${two[1]}"}`))).to.deep.equal([two[1]]);
    });
    it('must differ', () => {
      expect(pathsOfProblems(of('[{url: "https://a.example"}, {url: "https://a.example"}]'))).to.deep.equal([
        'issuers[1].url',
      ]);
      expect(pathsOfProblems(of('[{url: "https://a.example"}, {url: "https://a.example/"}]'))).to.deep.equal([
        'issuers[1].url',
      ]);
      expect(pathsOfProblems(of('[]'))).to.deep.equal(['issuers']);
    });
    it('locate their claims by a name or by a path', () => {
      const text = of('[{url: "https://a.example", claims: {subject: oid, roles: [realm_access, roles]}}]');
      const parsed = parseYaml(text, 'g', gatewaySchema);
      expect(parsed.ok && parsed.value.issuers[0]?.claims).to.deep.equal({
        subject: ['oid'],
        tenant: ['tenant'],
        groups: ['groups'],
        roles: ['realm_access', 'roles'],
      });
      const wrong = of(
        '[{url: "https://a.example", claims: {subject: "", group: g}, discoveryUrl: "http://a.example"}]',
      );
      expect(pathsOfProblems(wrong)).to.have.members([
        'issuers[0].claims.subject',
        'issuers[0].claims.group',
        'issuers[0].discoveryUrl',
      ]);
    });
  });

  it('rejects symmetric and missing signatures', () => {
    for (const algorithm of ['HS256', 'none', 'RSA1_5']) {
      const text = BASE.replace('development', `{url: "https://i.example", algorithms: [${algorithm}]}`);
      expect(pathsOfProblems(text), algorithm).to.deep.equal(['issuer.algorithms[0]']);
    }
  });

  it('normalizes public URLs without a trailing slash, and hosts to lower case', () => {
    const parsed = parseYaml(
      `${BASE}publicUrl: https://a.example/mcp//\nallowedHosts: [B.Example]`,
      'g',
      gatewaySchema,
    );
    expect(parsed.ok && parsed.value.publicUrl).to.equal('https://a.example/mcp');
    expect(parsed.ok && parsed.value.allowedHosts).to.deep.equal(['b.example']);
  });

  describe('in a cluster', () => {
    const ISSUER = 'issuer: {url: "https://i.example"}\n';
    const problems = (text: string, schema: typeof gatewaySchema | typeof anyGatewaySchema = anyGatewaySchema) => {
      const parsed = parseYaml(text, 'g', schema);
      return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
    };

    it('has defaults for everything', () => {
      const parsed = parseYaml(`${ISSUER}kubernetes: {}`, 'g', anyGatewaySchema);
      expect(parsed.ok && 'kubernetes' in parsed.value && parsed.value.kubernetes).to.deep.equal({
        namespace: 'mcp',
        tenants: { configMap: 'mcp-gateway-tenants', namespace: 'mcp-gateway' },
      });
      expect(parsed.ok && 'backends' in parsed.value).to.equal(false);
    });
    it('excludes backends and tenants', () => {
      expect(problems(BASE)).to.deep.equal([]);
      expect(problems(`${BASE}kubernetes: {}`)).to.deep.equal(['backends', 'tenants']);
      expect(problems(`${ISSUER}backends: b`)).to.deep.equal(['tenants']);
      expect(problems(ISSUER)).to.deep.equal(['backends', 'tenants']);
    });
    it('is rejected on one machine', () => {
      expect(problems(`${ISSUER}kubernetes: {}`, gatewaySchema)).to.deep.equal(['kubernetes']);
    });
    for (const text of ['{namespace: Not_One}', '{tenants: {configMap: A}}', '{tenants: {name: a}}', '5']) {
      it(`rejects kubernetes: ${text}`, () => expect(problems(`${ISSUER}kubernetes: ${text}`)).not.to.deep.equal([]));
    }
  });
});
