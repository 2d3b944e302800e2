import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { fixture, initialize, messagesOf, request } from '../bridge/support.ts';
import { runCommand, spawnCommand } from '../fixtures/replica-server/command.ts';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** What a bridge logs when it listens. */
interface Listening {
  msg: string;
  port: number;
}

async function originOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('there is no log');
  for await (const line of createInterface({ input: child.stderr })) {
    const { msg, port } = JSON.parse(line) as Listening;
    if (msg === 'bridge listens') return `http://127.0.0.1:${port}`;
  }
  throw new Error('the bridge does not listen');
}

async function openAt(url: string): Promise<{ session: string; pid: number }> {
  const send = (body: object, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { ...HEADERS, ...headers }, body: JSON.stringify(body) });
  const session = (await send(initialize())).headers.get('mcp-session-id') ?? '';
  const [facts] = await messagesOf(await send(request('facts'), { 'mcp-session-id': session }));
  return { session, pid: Number(facts?.result?.pid) };
}

describe('mcp-gateway bridge', function () {
  this.timeout(30_000);

  for (const [what, args, message] of [
    ['no port', ['--', 'true'], '--port'],
    ['no command', ['--port', '0'], 'command'],
    ['a bad duration', ['--port', '0', '--idle', '5', '--', 'true'], '--idle'],
    ['a bad path', ['--port', '0', '--path', 'mcp', '--', 'true'], '--path'],
  ] as const) {
    it(`rejects ${what}`, async () => {
      const { code, stderr } = await runCommand(['bridge', ...args]);
      expect(code).to.equal(64);
      expect(stderr).to.include(message);
    });
  }

  it('comes with a valid example', async () => {
    const { code, stdout } = await runCommand(['check', 'examples/stdio/gateway.yaml']);
    expect([code, stdout]).to.deep.equal([0, 'examples/stdio/gateway.yaml: no problems found\n']);
  });

  it('passes everything after -- to the server, even if it looks like an option of its own', async () => {
    const { code, stdout, stderr } = await runCommand(['bridge', '--', 'server', '--help', '-h']);
    expect([code, stdout]).to.deep.equal([64, '']);
    expect(stderr).to.include('--port is required');
  });

  it('serves on the given path, and on SIGTERM drains, ends its servers and exits with 0', async () => {
    const child = spawnCommand(['bridge', '--port', '0', '--path', '/acme', '--drain', '1m', '--', ...fixture()]);
    const exited = once(child, 'exit');
    try {
      const origin = await originOf(child);
      const { session, pid } = await openAt(`${origin}/acme`);
      expect((await fetch(`${origin}/mcp`, { method: 'POST' })).status).to.equal(404);
      child.kill('SIGTERM');
      await eventually(
        async () => (await fetch(`${origin}/healthz`)).status,
        (status) => status === 503,
      );
      expect(runs(pid)).to.equal(true);
      await fetch(`${origin}/acme`, { method: 'DELETE', headers: { 'mcp-session-id': session } });
      expect(await exited).to.deep.equal([0, null]);
      expect(runs(pid)).to.equal(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('records its servers, and their stdin closes when it is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
    const file = join(folder, 'children.json');
    const child = spawnCommand(['bridge', '--port', '0', '--children', file, '--', ...fixture()]);
    try {
      const { pid } = await openAt(`${await originOf(child)}/mcp`);
      expect(JSON.parse(readFileSync(file, 'utf8'))).to.have.nested.property('[0].pid', pid);
      child.kill('SIGKILL');
      await eventually(
        () => runs(pid),
        (alive) => !alive,
      );
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('ends with its servers when the parent on its message channel is gone', async () => {
    const bridge = ['cli/bin.js', 'bridge', '--port', '0', '--drain', '0s', '--', ...fixture('--stubborn')];
    const script = `const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify(bridge)}, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
      console.log(child.pid);`;
    const parent = spawn(process.execPath, ['-e', script], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] });
    const [first] = await once(createInterface({ input: parent.stdout }), 'line');
    const { pid } = await openAt(`${await originOf(parent)}/mcp`);
    parent.kill('SIGKILL');
    for (const each of [Number(first), pid]) {
      await eventually(
        () => runs(each),
        (alive) => !alive,
      );
    }
  });
});
