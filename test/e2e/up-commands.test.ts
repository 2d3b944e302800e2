import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../fixtures/replica-server/command.ts';

const COMMANDS = [
  'up',
  'token',
  'check',
  'status',
  'serve',
  'backends',
  'quota',
  'helm-values',
  'completion',
  'clients',
  'ext-authz',
  'ext-proc',
  'watcher',
  'operator',
  'bridge',
  'bootstrap',
  'admin',
  'pod',
];

describe('the command line', function () {
  this.timeout(30_000);

  let folder: string;

  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  /** Lines of standard error, without the folder. */
  const linesOf = (stderr: string) => stderr.trimEnd().replaceAll(`${folder}/`, '').split('\n');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lists its commands', async () => {
    const { code, stdout, stderr } = await runCommand(['--help']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const listed = [...stdout.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name);
    expect(listed).to.have.members(COMMANDS);
  });

  for (const command of COMMANDS) {
    it(`${command} has a help text, and rejects unknown options`, async () => {
      const help = await runCommand([command, '--help']);
      expect(help).to.include({ code: 0, stderr: '' });
      expect(help.stdout.startsWith(`Usage: mcp-gateway ${command}`)).to.equal(true);
      const wrong = await runCommand([command, '--no-such-option']);
      expect(wrong).to.include({ code: 64, stdout: '' });
      expect(wrong.stderr).to.match(/--no-such-option/);
      expect(wrong.stderr).to.include(`See mcp-gateway ${command} --help.`);
    });
  }

  it('rejects a missing command, and an unknown one', async () => {
    expect((await runCommand([])).code).to.equal(64);
    const { code, stderr } = await runCommand(['toString']);
    expect(code).to.equal(64);
    expect(stderr).to.equal('mcp-gateway: there is no command "toString"\nSee mcp-gateway --help.\n');
  });

  it('requires the options that a process role needs', async () => {
    for (const role of ['ext-authz', 'ext-proc', 'watcher']) {
      const { code, stderr } = await runCommand([role]);
      expect(code).to.equal(64);
      expect(stderr).to.match(/^mcp-gateway: --[a-z-]+ is required\n/);
    }
  });

  it('requires a gateway for token and status', async () => {
    for (const command of ['token', 'status']) {
      const { code, stderr } = await runCommand([command, '--state-dir', folder]);
      expect(code).to.equal(76);
      expect(stderr).to.match(/^mcp-gateway: no gateway was started with the state folder /);
    }
  });

  describe('check', () => {
    it('finds nothing wrong with the example', async () => {
      for (const file of ['gateway.yaml', 'tenants.yaml', 'backends', 'backends/everything.yaml']) {
        const path = `examples/quickstart/${file}`;
        expect(await runCommand(['check', path])).to.deep.equal({
          code: 0,
          stdout: `${path}: no problems found\n`,
          stderr: '',
        });
      }
    });

    it('reports all errors, in all files', async () => {
      write({
        'gateway.yaml': 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n',
        'tenants.yaml': 'tenants:\n  - name: Big\n    match: []\n',
        'backends/one.yaml': 'name: one\nurl: ftp://host\ncolour: red\n',
        'backends/two.yaml': 'name: [two',
      });
      const { code, stdout, stderr } = await runCommand(['check', join(folder, 'gateway.yaml')]);
      expect({ code, stdout }).to.deep.equal({ code: 78, stdout: '' });
      expect(
        linesOf(stderr).map((line) => line.replace(/^(\S+: (?:[\w.[\]]+:|not valid YAML:)).*$/, '$1')),
      ).to.have.members([
        'tenants.yaml:2: tenants[0].name:',
        'tenants.yaml:3: tenants[0].match:',
        'backends/one.yaml:2: url:',
        'backends/one.yaml:3: colour:',
        'backends/two.yaml:1: not valid YAML:',
        '5 problems found',
      ]);
    });

    it('reports a missing file, and requires one', async () => {
      const { code, stderr } = await runCommand(['check', join(folder, 'none.yaml')]);
      expect(code).to.equal(78);
      expect(linesOf(stderr)[0]).to.match(/^none\.yaml: cannot be read: ENOENT/);
      expect((await runCommand(['check'])).code).to.equal(64);
    });
  });

  describe('up', () => {
    it('rejects a wrong configuration with all its errors, and starts nothing', async () => {
      write({ 'gateway.yaml': 'listen: {port: many}\nissuer: nobody\ntenants: tenants.yaml\nfuture: true\n' });
      const state = join(folder, 'state');
      const { code, stdout, stderr } = await runCommand([
        'up',
        '--config',
        join(folder, 'gateway.yaml'),
        '--state-dir',
        state,
      ]);
      expect({ code, stdout }).to.deep.equal({ code: 78, stdout: '' });
      for (const place of [':1: listen.port: ', ':2: issuer: ', ': backends: is required', ':4: future: unknown key']) {
        expect(stderr).to.include(`gateway.yaml${place}`);
      }
      expect(linesOf(stderr).at(-1)).to.equal('Nothing was started.');
    });

    it('rejects a missing configuration, and an invalid port', async () => {
      expect((await runCommand(['up', '--config', join(folder, 'none.yaml')])).code).to.equal(66);
      for (const port of ['65536', '-1', 'many', '']) {
        const { code, stderr } = await runCommand([
          'up',
          '--config',
          'examples/quickstart/gateway.yaml',
          `--port=${port}`,
        ]);
        expect(code, port).to.equal(64);
        expect(stderr).to.include('--port must be a whole number from 0 to 65535');
      }
    });
  });
});
