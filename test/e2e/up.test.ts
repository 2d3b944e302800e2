import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect } from 'chai';
import { openSession, REPLICA_PROGRAM } from '../fixtures/replica-server/client.ts';
import { runCommand, spawnCommand } from '../fixtures/replica-server/command.ts';
import { childrenOf, runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type LogLine, startGateway } from '../support/gateway.ts';

const QUICKSTART = 'examples/quickstart/gateway.yaml';
const BACKENDS = { one: { name: 'one', command: [process.execPath, REPLICA_PROGRAM], replicas: 2 } };

describe('up', function () {
  this.timeout(60_000);

  let stateDir: string;

  const pids = () => [...childrenOf(stateDir).values()];
  const sockets = () => {
    const folder = join(stateDir, 'run');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sock')) : [];
  };

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  describe('with the example', () => {
    let child: ChildProcess | undefined;
    afterEach(async () => {
      if (child === undefined || child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    });

    it('reports its port, and serves an official client with a token from the command line', async () => {
      child = spawnCommand(['up', '--config', QUICKSTART, '--port', '0', '--state-dir', stateDir]);
      const ready = await firstLine(child, ({ msg, url }) => msg === 'ready' && url !== undefined);
      const { everything } = ready.backends as Record<string, string>;
      const url = new URL(everything ?? '');
      expect(url.pathname).to.equal('/everything/mcp');
      expect(Number(url.port)).to.be.above(0);
      expect(ready.waiting).to.deep.equal([]);

      const { stdout: token } = await runCommand(['token', '--state-dir', stateDir]);
      const headers = { authorization: `Bearer ${token.trim()}` };
      const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
      const client = new Client({ name: 'test', version: '1' });
      await client.connect(transport as Transport);
      const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
      expect(JSON.stringify(content)).to.include('hello');
      await transport.terminateSession();
      await client.close();

      const status = await runCommand(['status', '--state-dir', stateDir]);
      expect(status).to.include({ code: 0, stderr: '' });
      expect(status.stdout).to.match(/^everything +serving +2\/2 replicas healthy\n$/);
    });
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`ends everything on ${signal}, and leaves no process and no socket`, async () => {
      const gateway = await startGateway({ stateDir, backends: BACKENDS });
      const children = pids();
      expect(children).to.have.length(8);
      expect(sockets()).to.include('watcher.sock');
      process.kill(gateway.pid, signal);
      await eventually(
        () => runs(gateway.pid),
        (still) => !still,
      );
      expect(children.filter(runs)).to.deep.equal([]);
      expect(sockets()).to.deep.equal([]);
      expect(pids()).to.deep.equal([]);
      await gateway.stop();
      expect((await runCommand(['status', '--state-dir', stateDir])).code).to.equal(76);
    });
  }

  it('ends what a killed gateway left behind, and starts', async () => {
    const killed = await startGateway({ stateDir, backends: BACKENDS });
    const left = pids();
    const token = await killed.token();
    const { replica } = await openSession(killed.backendUrl('one'), { token });
    process.kill(killed.pid, 'SIGKILL');
    await killed.stop().then(
      () => expect.fail('it ended well'),
      () => undefined,
    );
    // A server does not depend on the gateway, so it keeps running.
    const orphan = Number(replica.split(':')[1]);
    expect(left).to.include(orphan);
    expect(runs(orphan)).to.equal(true);

    const gateway = await startGateway({ stateDir, backends: BACKENDS });
    expect(left.filter(runs)).to.deep.equal([]);
    const opened = await openSession(gateway.backendUrl('one'), { token: await gateway.token() });
    expect(opened.replica).to.not.equal(replica);
    await gateway.stop();
    expect(sockets()).to.deep.equal([]);
  });

  it('rejects a state folder that another gateway uses, which continues', async () => {
    const gateway = await startGateway({ stateDir, backends: BACKENDS });
    const children = pids();
    const second = await runCommand(['up', '--config', QUICKSTART, '--port', '0', '--state-dir', stateDir]);
    expect(second.code).to.equal(75);
    expect(second.stderr).to.include(`process ${gateway.pid} uses ${stateDir}`);
    expect(children.filter(runs)).to.deep.equal(children);
    await openSession(gateway.backendUrl('one'), { token: await gateway.token() });
    await gateway.stop();
  });

  it('rejects a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, stderr } = await runCommand([
      'up',
      '--config',
      QUICKSTART,
      '--port',
      String(port),
      '--state-dir',
      stateDir,
    ]);
    server.close();
    expect(code).to.equal(71);
    expect(stderr).to.match(new RegExp(`^mcp-gateway: port ${port} on 127\\.0\\.0\\.1 is already in use\n`));
    expect(stderr).to.include('--port 0 picks a free one');
    expect(pids()).to.deep.equal([]);
    expect(sockets()).to.deep.equal([]);
  });

  it('rejects a program that is not Envoy, and a state folder whose path is too long', async () => {
    const up = ['up', '--config', QUICKSTART, '--port', '0'];
    const noEnvoy = await runCommand([...up, '--state-dir', stateDir, '--envoy', '/bin/false']);
    expect(noEnvoy.code).to.equal(69);
    expect(noEnvoy.stderr).to.match(/^mcp-gateway: \/bin\/false \(from --envoy\) cannot be used as Envoy: /);
    const tooLong = await runCommand([...up, '--state-dir', join(stateDir, 'x'.repeat(100))]);
    expect(tooLong.code).to.equal(78);
    expect(tooLong.stderr).to.include('too long for Unix sockets');
    expect(pids()).to.deep.equal([]);
  });
});

/** The first line of the log that matches. Rejects when the program ends before. */
function firstLine(child: ChildProcess, wanted: (line: LogLine) => boolean): Promise<LogLine> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error('there is no output');
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      if (wanted(line)) resolve(line);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}
