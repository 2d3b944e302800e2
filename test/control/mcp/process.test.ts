import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../../support/gateway.ts';
import { type RegistryFolder, registryFolder } from './registry-folder.ts';

const PROGRAM = join(PROJECT, 'cli', 'bin.js');
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const call = (id: number, method: string, params: object = {}) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } })}\n`;

describe('the process of mcp-gateway serve', function () {
  this.timeout(60_000);
  let registry: RegistryFolder;
  let child: ChildProcessWithoutNullStreams;
  let ended: Promise<unknown[]>;
  let output: { stdout: string; stderr: string };

  /** @param reads whether its standard output is read */
  const start = (reads = true) => {
    child = spawn(process.execPath, [PROGRAM, 'serve', ...registry.options], { stdio: 'pipe', cwd: PROJECT });
    ended = once(child, 'exit');
    output = { stdout: '', stderr: '' };
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    if (!reads) return;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
  };
  const answers = () =>
    eventually(
      () => output.stdout,
      (text) => text.includes('\n'),
    );

  beforeEach(() => {
    registry = registryFolder();
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await ended;
    registry.remove();
  });

  it('starts quickly, and writes only JSON-RPC to its standard output', async () => {
    const startedMs = performance.now();
    start();
    child.stdin.write(call(1, 'tools/list'));
    await answers();
    console.log(`      first answer after ${Math.round(performance.now() - startedMs)} ms`);
    child.stdin.write('this is no JSON\n{"jsonrpc":"2.0"}\n[]\n');
    child.stdin.write(call(2, 'tools/call', { name: 'list_backends', arguments: {} }));
    await eventually(
      () => output.stdout,
      (text) => text.includes('"id":2'),
    );
    const lines = output.stdout.trim().split('\n');
    for (const line of lines) expect(JSON.parse(line)).to.include({ jsonrpc: '2.0' });
  });

  it('ends when its standard input ends, also in the middle of a call', async () => {
    start();
    child.stdin.write(call(1, 'tools/list'));
    await answers();
    child.stdin.write(
      call(2, 'tools/call', {
        name: 'register_backend',
        arguments: { name: 'x', url: 'http://127.0.0.1:1', waitSeconds: 600 },
      }),
    );
    child.stdin.end();
    expect(await ended).to.deep.equal([0, null]);
  });

  it('ends when it is started without an input', async () => {
    start();
    child.stdin.end();
    expect(await ended).to.deep.equal([0, null]);
    expect(output.stdout).to.equal('');
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`ends on ${signal}`, async () => {
      start();
      child.stdin.write(call(1, 'tools/list'));
      await answers();
      child.kill(signal);
      expect(await ended).to.deep.equal([0, null]);
    });
  }

  it('ends on SIGTERM while its answers are not read', async () => {
    start(false);
    for (let id = 1; id <= 50; id++) child.stdin.write(call(id, 'tools/list'));
    await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });

  it('ends when its standard input ends while its answers are not read', async () => {
    start(false);
    for (let id = 1; id <= 50; id++) child.stdin.write(call(id, 'tools/list'));
    await once(child.stdout, 'readable');
    child.stdin.end();
    expect(await ended).to.deep.equal([0, null]);
  });

  it('ends when its standard output is closed', async () => {
    start();
    child.stdin.write(call(1, 'tools/list'));
    await answers();
    child.stdout.destroy();
    const timer = setInterval(() => child.stdin.write(call(2, 'tools/list')), 20);
    expect(await ended.finally(() => clearInterval(timer))).to.deep.equal([0, null]);
  });

  it('ends when a client keeps sending and never reads', async () => {
    start(false);
    const message = call(1, 'tools/list').repeat(100);
    const timer = setInterval(() => {
      if (child.stdin.writableLength < 1 << 20) child.stdin.write(message);
    }, 5);
    expect(await ended.finally(() => clearInterval(timer))).to.deep.equal([0, null]);
    expect(output.stderr).to.include('does not read its answers');
  });

  it('exits with 64 for wrong options', async () => {
    for (const args of [['--registry', '/x', '--context', 'y'], ['--state-dir', '/x'], ['--colour', 'red'], ['now']]) {
      child = spawn(process.execPath, [PROGRAM, 'serve', ...args], { stdio: 'pipe', cwd: PROJECT });
      ended = once(child, 'exit');
      expect(await ended, args.join(' ')).to.deep.equal([64, null]);
    }
  });
});
