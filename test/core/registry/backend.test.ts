import { expect } from 'chai';
import { parseYaml } from '../../../core/document/parse.ts';
import { backendSchema, clusterBackendSchema } from '../../../core/registry/backend.ts';

function outcome(text: string) {
  return parseYaml(text, 'b.yaml', backendSchema);
}

function problems(text: string): string[] {
  const parsed = outcome(text);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

const COMMAND = 'name: a\ncommand: [server]\n';
const URL_BACKEND = 'name: a\nurl: https://a.example\n';

describe('core/registry/backend', () => {
  it('has defaults for omitted keys', () => {
    expect(outcome(COMMAND)).to.deep.equal({
      ok: true,
      value: {
        name: 'a',
        command: ['server'],
        env: {},
        replicas: 1,
        path: '/mcp',
        affinity: 'session',
        healthCheck: {
          type: 'http',
          path: '/healthz',
          interval: 5_000,
          timeout: 2_000,
          unhealthyThreshold: 3,
          healthyThreshold: 1,
        },
        roles: [],
        scopes: [],
        filters: {},
        identityHeaders: [],
        transport: 'http',
        drain: 30_000,
        urls: [],
        sseUrl: undefined,
      },
    });
  });

  it('uses the path of its URL', () => {
    const parsed = outcome('name: a\nurls: [http://a.example/x, "http://b.example:81/x"]\npath: /ignored');
    expect(parsed.ok && parsed.value.path).to.equal('/x');
    expect(parsed.ok && parsed.value.urls.map(({ authority }) => authority)).to.deep.equal([
      'a.example:80',
      'b.example:81',
    ]);
  });

  for (const text of [
    `${COMMAND}env: {A: text, B_2: 5, _C: true}`,
    `${COMMAND}replicas: 0`,
    `${COMMAND}affinity: none`,
    `${COMMAND}affinityHeader: Mcp-Param-Region`,
    `${COMMAND}healthCheck: {type: tcp}`,
    `${COMMAND}healthCheck: {type: none}`,
    `${COMMAND}healthCheck: {interval: 100ms, timeout: 100ms}`,
    `${COMMAND}tenants: []`,
    `${COMMAND}drain: 0s`,
    `${COMMAND}path: /a/b-c_d~e`,
    `${URL_BACKEND}caFile: ca.pem`,
    `${URL_BACKEND}clientCertificate: {certFile: a, keyFile: b}`,
    `${COMMAND}roles: [mcp.admin]`,
    `${COMMAND}scopes: [{need: [mcp]}, {tools: ['a_*'], need: [x, y]}]`,
    `${COMMAND}tools: {allow: [], deny: ['*']}`,
    `${COMMAND}resources: {deny: ['file:///*']}`,
    `${COMMAND}upstreamAuth: {type: basic, username: u, file: f}`,
    `${COMMAND}identityHeaders: [subject, roles]`,
    `${COMMAND}transport: stdio`,
    `${COMMAND}transport: stdio\nstdio: {maxSessions: 5, idle: 5m}`,
    `${URL_BACKEND}transport: sse`,
    `${URL_BACKEND}transport: sse\nsse: {maxSessions: 5, idle: 5m}\ncaFile: ca.pem\nreplicas: 2`,
  ]) {
    it(`accepts ${JSON.stringify(text.split('\n').slice(2).join())}`, () => expect(problems(text)).to.deep.equal([]));
  }

  for (const [text, path] of [
    ['name: a', ''],
    [`${COMMAND}url: http://a.example`, 'url'],
    [`${COMMAND}image: a:1`, 'image'],
    [`${COMMAND}service: {name: a}`, 'service'],
    [`${COMMAND}replica: 2`, 'replica'],
    [`${COMMAND}port: 80`, 'port'],
    [`${COMMAND}compute: {limits: {cpu: 1}}`, 'compute'],
    [`${COMMAND}podTemplate: {}`, 'podTemplate'],
    [`${COMMAND}secretEnv: {A: {name: s, key: k}}`, 'secretEnv'],
    [`${COMMAND}upstreamAuth: {type: bearer, secret: {name: s, key: k}}`, 'upstreamAuth.secret'],
    [`${URL_BACKEND}caSecret: {name: s, key: k}`, 'caSecret'],
    [`${URL_BACKEND}clientCertificate: {secret: s}`, 'clientCertificate.secret'],
    [`${COMMAND}transport: sse`, 'transport'],
    [`${COMMAND}transport: stdio\naffinity: none`, 'affinity'],
    [`${COMMAND}stdio: {maxSessions: 5}`, 'stdio'],
    [`${URL_BACKEND}transport: stdio`, 'transport'],
    [`${URL_BACKEND}transport: sse\naffinity: none`, 'affinity'],
    [`${URL_BACKEND}sse: {maxSessions: 5}`, 'sse'],
    ['name: a\nurls: [https://a.example]\ntransport: sse', 'transport'],
    [`${COMMAND}replicas: 101`, 'replicas'],
    [`${COMMAND}replicas: 1.5`, 'replicas'],
    [`${COMMAND}replicas: "2"`, 'replicas'],
    [`${COMMAND}env: {PORT: 1}`, 'env'],
    [`${COMMAND}env: {"A B": 1}`, 'env.A B'],
    [`${COMMAND}env: {A: {b: c}}`, 'env.A'],
    [`${COMMAND}env: {A: [b]}`, 'env.A'],
    [`${COMMAND}env: {A: }`, 'env.A'],
    [`${COMMAND}path: mcp`, 'path'],
    [`${COMMAND}path: /mcp?a=b`, 'path'],
    [`${COMMAND}path: /a/../b`, 'path'],
    [`${COMMAND}path: "/a b"`, 'path'],
    [`${COMMAND}affinity: sticky`, 'affinity'],
    [`${COMMAND}affinityHeader: authorization`, 'affinityHeader'],
    [`${COMMAND}healthCheck: {type: grpc}`, 'healthCheck.type'],
    [`${COMMAND}healthCheck: {path: healthz}`, 'healthCheck.path'],
    [`${COMMAND}healthCheck: {interval: 1s, timeout: 2s}`, 'healthCheck.timeout'],
    [`${COMMAND}healthCheck: {interval: 1}`, 'healthCheck.interval'],
    [`${COMMAND}healthCheck: {unhealthyThreshold: 0}`, 'healthCheck.unhealthyThreshold'],
    [`${COMMAND}tenants: [A]`, 'tenants[0]'],
    [`${COMMAND}drain: 25h`, 'drain'],
    [`${COMMAND}caFile: ca.pem`, 'caFile'],
    [`${COMMAND}clientCertificate: {certFile: a, keyFile: b}`, 'clientCertificate'],
    [`${URL_BACKEND}clientCertificate: {certFile: a}`, 'clientCertificate.keyFile'],
    [`${COMMAND}roles: ["a b"]`, 'roles[0]'],
    [`${COMMAND}scopes: [{tools: [a]}]`, 'scopes[0].need'],
    [`${COMMAND}tools: {alow: [a]}`, 'tools.alow'],
    [`${COMMAND}tools: [a]`, 'tools'],
    [`${COMMAND}prompts: {deny: [""]}`, 'prompts.deny[0]'],
    [`${COMMAND}upstreamAuth: {type: bearer}`, 'upstreamAuth'],
    [`${COMMAND}identityHeaders: [email]`, 'identityHeaders[0]'],
    ['name: a\nurl: http://a.example\ncaFile: ca.pem', 'caFile'],
    ['name: a\ncommand: []', 'command'],
    ['name: a\ncommand: server --port', 'command'],
    ['name: a\nurl: ftp://a.example', 'url'],
    ['name: a\nurls: [http://a.example, ftp://b.example]', 'urls[1]'],
    ['name: a\nurls: [http://a.example, https://b.example]', 'urls[1]'],
    ['name: a\nurls: [http://a.example/x, http://b.example/y]', 'urls[1]'],
    ['name: a\nurls: [http://a.example, "http://a.example:80/mcp"]', 'urls[1]'],
    ['name: Gateway\ncommand: [a]', 'name'],
    ['name: gateway\ncommand: [a]', 'name'],
    ['name: -a\ncommand: [a]', 'name'],
  ] as const) {
    it(`rejects ${JSON.stringify(text)}`, () => expect(problems(text)).to.deep.equal([path]));
  }

  it('does not confuse environment variables with properties that every object has', () => {
    const parsed = outcome(`${COMMAND}env: {constructor: a, __proto__: b}`);
    if (parsed.ok) expect(Object.getPrototypeOf(parsed.value.env)).to.equal(Object.prototype);
    expect(parsed.ok && parsed.value.env.constructor).to.equal('a');
  });

  describe('in a cluster', () => {
    const inCluster = (text: string) => {
      const parsed = parseYaml(`name: a\n${text}`, 'b.yaml', clusterBackendSchema);
      return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
    };

    for (const text of [
      'image: ghcr.io/acme/a:1',
      'image: a\nport: 9000\nargs: [--http]\nsecretEnv: {TOKEN: {name: s, key: k}}\ncompute: {limits: {cpu: 500m, memory: 1Gi}}',
      'image: a\nimagePullSecrets: [p]\nnodeSelector: {disk: ssd}\nserviceAccount: sa\npodTemplate: {spec: {priorityClassName: x}}',
      'service: {name: s}',
      'service: {name: s, port: 80}',
      'service: {name: s, port: http}',
      'url: https://a.example\ncaSecret: {name: s, key: ca.crt}\nclientCertificate: {secret: s}',
      'image: a\nupstreamAuth: {type: bearer, secret: {name: s, key: k}}',
      'command: [npx, -y, server]\ntransport: stdio\ncompute: {limits: {memory: 1Gi}}',
    ]) {
      it(`accepts ${JSON.stringify(text)}`, () => expect(inCluster(text)).to.deep.equal([]));
    }

    for (const [text, path] of [
      ['replicas: 1', ''],
      ['image: a\nservice: {name: s}', 'service'],
      ['command: [server]', 'command'],
      ['command: [server]\ntransport: stdio\nport: 80', 'port'],
      ['image: a\ncwd: /x', 'cwd'],
      ['image: a\nupstreamAuth: {type: bearer, file: /var/run/secrets/token}', 'upstreamAuth.file'],
      ['url: https://a.example\ncaFile: ca.pem', 'caFile'],
      ['url: https://a.example\nclientCertificate: {certFile: a, keyFile: b}', 'clientCertificate.certFile'],
      ['service: {name: S}', 'service.name'],
      ['service: {name: s}\ncompute: {}', 'compute'],
      ['image: a\ncompute: {limits: {cpu: much}}', 'compute.limits.cpu'],
      ['image: a\nenv: {A: 1}\nsecretEnv: {A: {name: s, key: k}}', 'secretEnv.A'],
      ['image: "a b"', 'image'],
    ] as const) {
      it(`rejects ${JSON.stringify(text)}`, () => expect(inCluster(text)).to.deep.equal([path]));
    }
  });
});
