import { expect } from 'chai';
import { parseYaml } from '../../../core/config/parse.ts';
import { backendSchema } from '../../../core/registry/backend.ts';

function outcome(text: string) {
  return parseYaml(text, 'b.yaml', backendSchema);
}

function problems(text: string): Record<string, string> {
  const parsed = outcome(text);
  return parsed.ok ? {} : Object.fromEntries(parsed.problems.map(({ path, message }) => [path, message]));
}

const COMMAND = 'name: a\ncommand: [server]\n';
const URL_BACKEND = 'name: a\nurl: https://a.example\n';

describe('core/registry/backend', () => {
  it('fills in what was left out', () => {
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
        drain: 30_000,
        urls: [],
      },
    });
  });

  it('takes the path of its URL', () => {
    const parsed = outcome('name: a\nurl: [http://a.example/x, "http://b.example:81/x"]\npath: /ignored');
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
  ]) {
    it(`accepts ${JSON.stringify(text.split('\n').slice(2).join())}`, () => expect(problems(text)).to.deep.equal({}));
  }

  for (const [text, path] of [
    ['name: a', ''],
    [`${COMMAND}url: http://a.example`, 'url'],
    [`${COMMAND}image: a:1`, 'image'],
    [`${COMMAND}service: {name: a}`, 'service'],
    [`${COMMAND}replica: 2`, 'replica'],
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
    [`${COMMAND}upstreamAuth: {type: bearer}`, 'upstreamAuth.file'],
    [`${COMMAND}identityHeaders: [email]`, 'identityHeaders[0]'],
    ['name: a\nurl: http://a.example\ncaFile: ca.pem', 'caFile'],
    ['name: a\ncommand: []', 'command'],
    ['name: a\ncommand: server --port', 'command'],
    ['name: a\nurl: ftp://a.example', 'url'],
    ['name: a\nurl: [http://a.example, ftp://b.example]', 'url[1]'],
    ['name: a\nurl: [http://a.example, https://b.example]', 'url[1]'],
    ['name: a\nurl: [http://a.example/x, http://b.example/y]', 'url[1]'],
    ['name: a\nurl: [http://a.example, "http://a.example:80/mcp"]', 'url[1]'],
    ['name: Gateway\ncommand: [a]', 'name'],
    ['name: gateway\ncommand: [a]', 'name'],
    ['name: -a\ncommand: [a]', 'name'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(Object.keys(problems(text))).to.deep.equal([path]));
  }

  it('tells what would be right', () => {
    expect(problems('name: a')['']).to.equal('one of command and url is required');
    expect(problems(`${COMMAND}image: a:1`).image).to.match(/^image needs a Kubernetes cluster/);
    expect(problems('name: sse\ncommand: [a]').name).to.equal('is reserved for the gateway itself (got "sse")');
    expect(problems(`${COMMAND}healthCheck: {type: grpc}`)['healthCheck.type']).to.match(/^must be http, tcp or none/);
  });

  it('keeps no name of an environment variable for a property of every object', () => {
    const parsed = outcome(`${COMMAND}env: {constructor: a, __proto__: b}`);
    if (parsed.ok) expect(Object.getPrototypeOf(parsed.value.env)).to.equal(Object.prototype);
    expect(parsed.ok && parsed.value.env.constructor).to.equal('a');
  });
});
