import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { fixture } from '../bridge/support.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { repeatedKeys } from '../runtime/repeated-keys.ts';
import { PROJECT, startGateway } from '../support/gateway.ts';

const TENANT = {
  ...{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] },
  ...{ roles: ['mcp.admin'], backends: ['*'] },
};
const TENANTS = { tenants: [TENANT] };

const wrong = (lines: readonly string[]) => lines.filter((line) => repeatedKeys(line).length > 0);

describe('the lines of the log', function () {
  this.timeout(120_000);

  it('of `up` have each key once, whichever process wrote them', async () => {
    const gateway = await startGateway({
      backends: {
        http: { name: 'http', transport: 'http', command: [process.execPath, 'test/fixtures/replica-server/main.ts'] },
        memory: { name: 'memory', transport: 'stdio', command: fixture() },
      },
      tenants: TENANTS,
      settings: { admin: { tenants: ['engineering'] } },
      workers: 1,
    });
    gateway.writeBackend('broken', { name: 'broken', transport: 'http', command: ['no-such-program'] });
    gateway.writeBackend('wrong', { name: 'wrong', key: 'unknown' });
    const names = () => new Set(gateway.log.map(({ name }) => name));
    const expected = ['up', 'watcher', 'admin', 'memory-0', 'broken-0'];
    await eventually(names, (found) => expected.every((name) => found.has(name)));
    await gateway.stop();
    expect(wrong(gateway.rawLog)).to.deep.equal([]);
  });

  describe('of a role have each key once:', () => {
    let folder: string;
    const children: ChildProcess[] = [];

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
      mkdirSync(join(folder, 'backends'));
      mkdirSync(join(folder, 'endpoints'));
      writeFileSync(join(folder, 'backends', 'wrong.yaml'), 'name: wrong\nkey: unknown\n');
      writeFileSync(join(folder, 'tenants.yaml'), JSON.stringify(TENANTS));
      const issuer = 'issuer: {url: http://127.0.0.1:1}';
      writeFileSync(join(folder, 'gateway.yaml'), `${issuer}\nbackends: backends\ntenants: tenants.yaml\n`);
      writeFileSync(join(folder, 'keys'), `${Buffer.alloc(32, 7).toString('base64')}\n`);
      writeFileSync(join(folder, 'secret'), 'secret\n');
    });
    after(async () => {
      for (const child of children.splice(0)) {
        const exited = once(child, 'exit');
        if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    });

    const watcher = ['watcher', '--config', 'gateway.yaml', '--socket', 'watcher.sock', '--endpoints', 'endpoints'];
    const toWatcher = ['--watcher', 'watcher.sock', '--session-keys', 'keys', '--audit', 'audit.log'];
    const roles: Record<string, string[]> = {
      watcher: [...watcher, '--ended-sessions', 'ended', '--envoy-admin', 'admin.sock', '--listen-url', 'http://h:1'],
      'ext-authz': ['ext-authz', '--socket', 'a.sock', '--http-socket', 'm.sock', ...toWatcher],
      'ext-proc': ['ext-proc', '--socket', 'p.sock', ...toWatcher],
      admin: ['admin', '--socket', 'own.sock', '--secret-file', 'secret', '--registry', '.', '--state-dir', 'state'],
      bridge: ['bridge', '--port', '0', '--', 'no-such-program'],
      pod: ['pod', '--sockets', '.', '--port', '0', '--address', '127.0.0.1', '--settle', '0s', '--drain', '1s'],
    };
    // In this order: the services wait for the watcher.
    for (const [name, args] of Object.entries(roles)) {
      it(name, async () => {
        const child = spawn(process.execPath, [join(PROJECT, 'cli/bin.js'), ...args, '--log-level', 'debug'], {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        children.push(child);
        if (child.stderr === null) throw new Error('there is no log');
        const lines: string[] = [];
        createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
        await eventually(
          () => lines.length,
          (count) => count > 0,
        );
        if (name !== 'watcher') child.kill('SIGTERM');
        expect(wrong(lines)).to.deep.equal([]);
        expect(lines.map((line) => JSON.parse(line).name)).to.include(name);
      });
    }
  });
});
