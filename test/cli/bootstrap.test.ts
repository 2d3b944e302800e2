import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PROJECT } from '../support/gateway.ts';

const run = promisify(execFile);
const FIXTURES = join(PROJECT, 'test', 'fixtures', 'tls');

describe('mcp-gateway bootstrap', function () {
  this.timeout(20_000);
  let folder: string;
  let config: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
    config = join(folder, 'gateway.yaml');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (listen: string) =>
    writeFileSync(config, `{issuer: {url: 'https://a.example'}, kubernetes: {}, listen: ${listen}}`);
  const bootstrap = async (...args: string[]) => {
    const all = [join(PROJECT, 'cli', 'bin.js'), 'bootstrap', '--config', config, ...args];
    try {
      return { code: 0, ...(await run(process.execPath, all)) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };

  it('names the socket of every process by its absolute path', async () => {
    write('{address: 0.0.0.0, port: 8081}');
    const { stdout, code } = await bootstrap('--sockets', '/run/here', '--workers', '3');
    expect(code).to.equal(0);
    const paths = [...stdout.matchAll(/path: (\S+\.sock)/g)].map(([, path]) => path);
    const names = ['admin', ...[0, 1, 2].map((n) => `ext-authz-${n}`), 'ext-proc-0', 'ext-proc-1', 'watcher'];
    const http = [0, 1, 2].map((n) => `ext-authz-${n}-http`);
    expect(paths.sort()).to.deep.equal([...names, ...http].map((name) => `/run/here/${name}.sock`).sort());
    expect(stdout).to.contain('address: 0.0.0.0').and.contain('port_value: 8081');
  });

  it('writes a file, and the certificate if the listener has one', async () => {
    write(`{tls: {certFile: '${FIXTURES}/server.pem', keyFile: '${FIXTURES}/server-key.pem'}}`);
    const [out, secret] = [join(folder, 'envoy.yaml'), join(folder, 'run', 'listener-secret.json')];
    const { code, stdout } = await bootstrap('--sockets', folder, '--listener-secret', secret, '--out', out);
    expect([code, stdout]).to.deep.equal([0, '']);
    expect(readFileSync(out, 'utf8')).to.contain(`path: ${secret}`);
    expect(readFileSync(secret, 'utf8')).to.contain('BEGIN CERTIFICATE');
    for (const file of [out, secret]) expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('rejects an invalid configuration', async () => {
    write('{port: 100000}');
    expect(await bootstrap('--sockets', folder))
      .to.include({ code: 78 })
      .and.property('stderr')
      .contain('listen.port');
    write(`{tls: {certFile: '${FIXTURES}/server.pem', keyFile: '${FIXTURES}/second-key.pem'}}`);
    expect(await bootstrap('--sockets', folder))
      .to.include({ code: 64 })
      .and.property('stderr')
      .contain('listener-secret');
    expect(await bootstrap('--sockets', folder, '--listener-secret', join(folder, 's')))
      .to.include({ code: 78 })
      .and.property('stderr')
      .contain('is not the key');
    config = join(folder, 'none.yaml');
    expect(await bootstrap('--sockets', folder)).to.include({ code: 66 });
  });
});
