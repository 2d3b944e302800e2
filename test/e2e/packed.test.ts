import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect } from 'chai';
import { cacheDir } from '../../runtime/paths.ts';
import { withoutDevelopment } from '../../scripts/supply-chain/lock-file.ts';
import { PROJECT } from '../support/gateway.ts';
import { startRegistry } from '../support/npm-registry.ts';

const run = promisify(execFile);
const MANIFEST = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
/** `22.19` of `>=22.19`: the oldest Node for which a packed mcp-gateway is meant. */
const OLDEST_NODE = String(MANIFEST.engines.node).replace('>=', '');
const NOT_PACKED = new Set(['.git', '.tmp', 'node_modules', 'dist']);

/** Folder of the oldest Node, which npm installs into the cache the first time. */
async function findOldestNode(): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cacheDir(process.env), 'node', OLDEST_NODE);
  const bin = join(folder, 'node_modules', name, 'bin');
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true });
    await run('npm', ['install', '--no-save', '--prefix', folder, `${name}@${OLDEST_NODE}.0`], { cwd: folder });
  }
  return bin;
}

describe('a packed mcp-gateway, installed with npm install -g', function () {
  this.timeout(300_000);
  let folder: string;
  let env: Record<string, string>;
  let warnings: string;
  let archive: Buffer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'packed-'));
    const checkout = join(folder, 'checkout');
    const isSource = (path: string) => !NOT_PACKED.has(relative(PROJECT, path));
    cpSync(PROJECT, checkout, { recursive: true, filter: isSource });
    symlinkSync(join(PROJECT, 'node_modules'), join(checkout, 'node_modules'));
    await run('npm', ['pack'], { cwd: checkout });

    const file = join(checkout, `mcp-gateway-${MANIFEST.version}.tgz`);
    archive = readFileSync(file);
    const prefix = join(folder, 'prefix');
    const npmBin = process.env.PATH?.split(delimiter).filter((entry) => !entry.includes('node_modules')) ?? [];
    env = { HOME: folder, PATH: [join(prefix, 'bin'), await findOldestNode(), ...npmBin].join(delimiter) };
    const install = ['install', '--global', '--prefix', prefix, '--prefer-offline', file];
    warnings = (await run('npm', install, { cwd: folder, env: { ...process.env, PATH: env.PATH } })).stderr;
    // Nothing below may depend on the checkout.
    rmSync(checkout, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const program = (...args: string[]) => run('mcp-gateway', args, { cwd: folder, env });
  const examples = () => join(folder, 'prefix', 'lib', 'node_modules', 'mcp-gateway', 'examples');

  it('installs without a warning about Node', () => {
    expect(warnings).to.not.include('EBADENGINE');
  });

  it('has a bill of materials', () => {
    const file = join(folder, 'prefix', 'lib', 'node_modules', 'mcp-gateway', 'dist', 'sbom.cdx.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.include({ bomFormat: 'CycloneDX' });
  });

  it('from a registry: has exactly the packages of the lock file', async () => {
    const { stdout: real } = await run('npm', ['config', 'get', 'registry'], { cwd: PROJECT });
    const registry = await startRegistry({ manifest: MANIFEST, archive }, real.trim());
    const prefix = join(folder, 'from-registry');
    try {
      const install = ['install', '--global', '--prefix', prefix, '--prefer-offline', '--registry', registry.url];
      await run('npm', [...install, MANIFEST.name], { cwd: folder, env: { ...process.env, PATH: env.PATH } });
    } finally {
      registry.stop();
    }
    const versionIn = (path: string) => {
      const file = join(prefix, 'lib', 'node_modules', 'mcp-gateway', path, 'package.json');
      return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
    };
    const { packages } = withoutDevelopment(JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')));
    for (const [path, { version, optional }] of Object.entries(packages)) {
      const installed = versionIn(path);
      if (installed !== undefined || optional !== true) expect(installed, path).to.equal(version);
    }
  });

  it('runs its commands from any folder', async () => {
    expect((await run('node', ['--version'], { env })).stdout).to.equal(`v${OLDEST_NODE}.0\n`);
    expect((await program('--version')).stdout).to.equal(`${MANIFEST.version}\n`);
    expect((await program('--help')).stdout).to.include('serve');
    const { stdout } = await program('check', join(examples(), 'quickstart', 'gateway.yaml'));
    expect(stdout).to.include('no problems found');
  });

  it('is found on PATH by an MCP client, and serves it over stdio', async () => {
    const client = new Client({ name: 'test', version: '1' });
    const registry = join(folder, 'registry');
    cpSync(join(examples(), 'quickstart'), registry, { recursive: true });
    await client.connect(
      new StdioClientTransport({ command: 'mcp-gateway', args: ['serve', '--registry', registry], env }),
    );
    try {
      expect(client.getServerVersion()).to.include({ name: 'mcp-gateway', version: MANIFEST.version });
      const answer = await client.callTool({ name: 'list_backends', arguments: {} });
      expect(answer.structuredContent).to.have.nested.property('backends[0].name', 'everything');
    } finally {
      await client.close();
    }
  });

  it('names the Node that it needs when it meets an older one', async () => {
    // Stands for an old Node: the version is all that the check reads, besides the flag for sources.
    const old = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`;
    const failure = await run('mcp-gateway', ['--version'], {
      cwd: folder,
      env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` },
    }).catch((error: unknown) => error);
    expect(failure).to.include({ code: 69 }).and.have.property('stderr').that.includes('22.19');
  });
});
