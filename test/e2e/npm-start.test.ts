import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';

const CONFIG = ['--config', 'examples/quickstart/gateway.yaml'];

/** A process with all that it started, directly or not. */
function family(root: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const pid of found) for (const [child = 0, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

describe('a gateway that npm started', function () {
  this.timeout(120_000);
  let folder: string;
  let npm: ChildProcess;
  let processes: number[] = [];

  /** Starts npm in a process group of its own, and waits until the gateway is ready. */
  async function start(...args: string[]): Promise<void> {
    const options = ['--port', '0', '--state-dir', folder];
    npm = spawn('npm', [...args, ...options], { cwd: PROJECT, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    if (npm.stdout === null) throw new Error('there is no output');
    for await (const line of createInterface({ input: npm.stdout })) {
      if (line.includes('"msg":"ready"')) break;
    }
    processes = family(npm.pid ?? 0);
    expect(processes, 'npm, up, Envoy, four roles, a server').to.have.length.of.at.least(8);
  }

  const left = () => processes.filter(runs);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  });
  afterEach(() => {
    for (const pid of left()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends when npm start gets ${signal}, and npm after it with status 0`, async () => {
      await start('start', '--');
      npm.kill(signal);
      expect(await once(npm, 'exit')).to.deep.equal([0, null]);
      expect(left()).to.deep.equal([]);
    });
  }

  it('ends when the process group of npm start gets SIGTERM', async () => {
    await start('start', '--');
    process.kill(-(npm.pid ?? 0), 'SIGTERM');
    expect(await once(npm, 'exit')).to.deep.equal([0, null]);
    expect(left()).to.deep.equal([]);
  });

  for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
    it(`ends after npm start that ${signal} ended`, async () => {
      await start('start', '--');
      npm.kill(signal);
      expect(await once(npm, 'exit')).to.deep.equal([null, signal]);
      await eventually(left, (pids) => pids.length === 0);
    });
  }

  it('ends after npx that SIGTERM ended, whose shell forwards no signal', async () => {
    await start('exec', '--', 'mcp-gateway', 'up', ...CONFIG);
    npm.kill('SIGTERM');
    expect(await once(npm, 'exit')).to.deep.equal([null, 'SIGTERM']);
    await eventually(left, (pids) => pids.length === 0);
  });
});
