import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { fixture } from '../bridge/support.ts';
import { openSession, REPLICA_PROGRAM, rpc } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT, startGateway, type TestGateway } from '../support/gateway.ts';

const ECHO = { name: 'echo', command: [process.execPath, REPLICA_PROGRAM] };
const TENANTS = {
  tenants: [
    {
      ...{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] },
      ...{ roles: ['mcp.admin'], backends: ['*'] },
    },
  ],
};

/** What is put where a file belongs, and why it is rejected. */
const HOSTILE: Readonly<Record<string, { make: (path: string) => void; why: RegExp }>> = {
  fifo: { make: (path) => execFileSync('mkfifo', [path]), why: /a FIFO/ },
  device: { make: (path) => symlinkSync('/dev/zero', path), why: /a link out of its folder|a device/ },
  socket: { make: (path) => createServer().unref().listen(path), why: /a socket/ },
  out: { make: (path) => symlinkSync('/etc/passwd', path), why: /a link out of its folder/ },
  loop: { make: (path) => symlinkSync(path, path), why: /ELOOP/ },
  // Sparse: it takes no room on the disk.
  huge: {
    make: (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
    why: /larger than 1048576 bytes/,
  },
};

/** Turns a file into a FIFO in one step: a file that is missing for a moment is a removed backend. */
function replaceByFifo(path: string): void {
  const made = `${path}.fifo`;
  HOSTILE.fifo?.make(made);
  renameSync(made, path);
}

describe('files that are none', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('in a gateway that runs', () => {
    let gateway: TestGateway;
    let token: string;
    const pathOf = (name: string) => join(dirname(gateway.stateDir), name);
    const problems = async () => (await gateway.status()).problems ?? [];

    before(async () => {
      gateway = await startGateway({
        backends: { echo: ECHO, memory: { name: 'memory', transport: 'stdio', command: fixture() } },
        tenants: TENANTS,
        settings: { admin: { tenants: ['engineering'] } },
      });
      token = await gateway.token();
    });

    it('all sockets and state files are open to their user alone', async () => {
      await openSession(gateway.backendUrl('memory'), { token });
      const open = (path: string): string[] =>
        readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
          const inner = join(path, entry.name);
          const mode = lstatSync(inner).mode & 0o777;
          const own = mode === (entry.isDirectory() ? 0o700 : 0o600) ? [] : [`${inner} ${mode.toString(8)}`];
          return entry.isDirectory() ? [...own, ...open(inner)] : own;
        });
      const names = readdirSync(join(gateway.stateDir, 'run'));
      expect(names.filter((name) => name.endsWith('.sock')).length).to.be.greaterThan(6);
      expect(names).to.include.members(['admin.sock', 'watcher.sock', 'ext-authz-0-http.sock', 'admin-tools.sock']);
      expect(open(gateway.stateDir)).to.deep.equal([]);
    });

    it('are rejected by name in the folder of the backends, and the rest is served', async () => {
      for (const [name, { make }] of Object.entries(HOSTILE)) make(pathOf(`backends/${name}.yaml`));
      const wanted = Object.keys(HOSTILE);
      const found = await eventually(problems, (all) =>
        wanted.every((name) => all.some((text) => text.startsWith(name))),
      );
      for (const [name, { why }] of Object.entries(HOSTILE)) {
        expect(found.find((text) => text.startsWith(`${name}.yaml: cannot be read: `))).to.match(why);
      }
      gateway.writeBackend('later', { ...ECHO, name: 'later' });
      await eventually(
        () => rpc(gateway.backendUrl('later'), { token }, 'ping'),
        ({ status }) => status === 200,
      );
      // A file that becomes something else keeps its last content.
      replaceByFifo(pathOf('backends/echo.yaml'));
      await eventually(problems, (all) => all.some((text) => text.startsWith('echo.yaml: cannot be read: ')));
      expect((await rpc(gateway.backendUrl('echo'), { token }, 'ping')).status).to.equal(200);
    });

    it('do not stop the admin tools', () => {
      const where = ['--registry', dirname(gateway.stateDir), '--state-dir', gateway.stateDir];
      const args = ['cli/bin.js', 'backends', 'list', ...where];
      // The exit status says whether all of them serve.
      const { stdout, status } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: 'utf8' });
      expect(status).to.be.oneOf([0, 1]);
      expect(stdout)
        .to.contain('later')
        .and.to.match(/fifo\.yaml cannot be read: it is a FIFO/);
    });

    it('are rejected in place of the secrets of a backend and of its authorities', async () => {
      HOSTILE.fifo?.make(pathOf('credential'));
      HOSTILE.fifo?.make(pathOf('authority'));
      const upstreamAuth = { type: 'bearer', file: 'credential' };
      gateway.writeBackend('secret', { name: 'secret', url: 'http://127.0.0.1:1/mcp', upstreamAuth });
      gateway.writeBackend('tls', { name: 'tls', url: 'https://127.0.0.1:1/mcp', caFile: 'authority' });
      const clientCertificate = { certFile: 'authority', keyFile: 'authority' };
      gateway.writeBackend('mtls', { name: 'mtls', url: 'https://127.0.0.1:1/mcp', clientCertificate });
      const reasons = async () => {
        const { backends = [] } = await gateway.status();
        return Object.fromEntries(backends.map(({ name = '', reasons: all = [] }) => [name, all.join('; ')]));
      };
      const found = await eventually(reasons, (all) =>
        ['secret', 'tls', 'mtls'].every((name) => all[name]?.includes('requests are denied') === true),
      );
      for (const name of ['secret', 'tls', 'mtls']) expect(found[name]).to.contain('it is a FIFO');
      expect((await rpc(gateway.backendUrl('later'), { token }, 'ping')).status).to.equal(200);
    });

    it('are rejected in place of the documents and the session keys, and the last good ones stay', async () => {
      for (const path of [pathOf('gateway.yaml'), pathOf('tenants.yaml'), join(gateway.stateDir, 'session-keys')]) {
        replaceByFifo(path);
      }
      await eventually(problems, (all) =>
        ['gateway.yaml', 'tenants.yaml'].every((name) =>
          all.some((text) => text.includes(`${name}: cannot be read: `)),
        ),
      );
      await eventually(
        () => gateway.log.filter((line) => String(line.path).endsWith('session-keys')),
        (lines) => lines.length > 0,
      );
      await openSession(gateway.backendUrl('echo'), { token });
    });

    it('do not keep up from ending', () => gateway.stop());
  });

  for (const [name, { why }] of Object.entries(HOSTILE)) {
    it(`keep up from starting, and check reports it: ${name}`, () => {
      const own = mkdtempSync(join(folder, 'check-'));
      HOSTILE[name]?.make(join(own, 'a.yaml'));
      writeFileSync(join(own, 'b.yaml'), 'name: b\nurl: http://127.0.0.1:1/mcp\n');
      let output = '';
      try {
        execFileSync(process.execPath, ['cli/bin.js', 'check', own], { cwd: PROJECT, encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        output = stdout + stderr;
      }
      expect(output).to.match(/a\.yaml: cannot be read: /);
      expect(output).to.match(why);
    });
  }
});
