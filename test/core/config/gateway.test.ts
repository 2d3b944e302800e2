import { expect } from 'chai';
import { gatewaySchema } from '../../../core/config/gateway.ts';
import { parseYaml } from '../../../core/config/parse.ts';

const BASE = 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n';

function pathsOfProblems(text: string): string[] {
  const parsed = parseYaml(text, 'gateway.yaml', gatewaySchema);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

describe('core/config/gateway', () => {
  it('needs little and has defaults for the rest', () => {
    const parsed = parseYaml(BASE, 'gateway.yaml', gatewaySchema);
    expect(parsed).to.deep.equal({
      ok: true,
      value: {
        listen: { address: '127.0.0.1', port: 8080 },
        issuer: 'development',
        backends: 'backends',
        tenants: 'tenants.yaml',
        sessions: { lifetime: 604_800_000 },
        allowedHosts: [],
        allowedOrigins: [],
      },
    });
  });

  it('says what is required', () => {
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
  ] as const) {
    it(`refuses ${text}`, () => expect(pathsOfProblems(BASE + text)).to.deep.equal([path]));
  }

  it('refuses issuers that could be another one', () => {
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

  it('never accepts symmetric or missing signatures', () => {
    for (const algorithm of ['HS256', 'none', 'RSA1_5']) {
      const text = BASE.replace('development', `{url: "https://i.example", algorithms: [${algorithm}]}`);
      expect(pathsOfProblems(text), algorithm).to.deep.equal(['issuer.algorithms[0]']);
    }
  });

  it('writes public URLs without a slash at the end and hosts in lower case', () => {
    const parsed = parseYaml(
      `${BASE}publicUrl: https://a.example/mcp//\nallowedHosts: [B.Example]`,
      'g',
      gatewaySchema,
    );
    expect(parsed.ok && parsed.value.publicUrl).to.equal('https://a.example/mcp');
    expect(parsed.ok && parsed.value.allowedHosts).to.deep.equal(['b.example']);
  });
});
