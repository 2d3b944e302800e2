import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BridgeOptions } from '../../bridge/bridge.ts';
import { SESSION_END } from '../../bridge/session-end.ts';
import { deny } from '../../core/mcp/denial.ts';
import { groupAlive } from '../../runtime/processes/group.ts';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, denialIn, denialOf, fixture, initialize, request, type TestBridge } from './support.ts';

describe('the sessions of a bridge', function () {
  this.timeout(30_000);

  let bridge: TestBridge;
  const started: TestBridge[] = [];
  const start = async (command: [string, ...string[]], more: Partial<BridgeOptions> = {}) => {
    const one = await bridgeTo(command, more);
    started.push(one);
    return one;
  };
  const factsOf = async (session: string, of = bridge) => {
    const { result } = await of.ask(session, 'facts');
    return result as { pid: number; grandchild?: number; env: Record<string, string>; line: string };
  };
  const gone = (pid: number | undefined) =>
    eventually(
      () => pid !== undefined && runs(pid),
      (alive) => !alive,
    );

  before(async () => {
    bridge = await start(fixture());
  });
  after(() => Promise.all(started.map((one) => one.stop())));

  it('have unguessable ids and a process each', async () => {
    const [one, two] = await Promise.all([bridge.open(), bridge.open()]);
    expect(one)
      .to.match(/^[A-Za-z0-9_-]{32}$/)
      .and.not.equal(two);
    expect((await factsOf(one)).pid).to.not.equal((await factsOf(two)).pid);
    await Promise.all([bridge.remove(one), bridge.remove(two)]);
  });

  it('pass the response to initialize unchanged', async () => {
    const response = await bridge.post(initialize('the-first', '2025-03-26'));
    expect(response.headers.get('content-type')).to.equal('application/json');
    const { id, result } = (await response.json()) as { id: string; result: object };
    expect(id).to.equal('the-first');
    expect(result).to.deep.include({ protocolVersion: '2025-03-26' });
    await bridge.remove(response.headers.get('mcp-session-id') ?? '');
  });

  it('end with DELETE, with the whole process group, and are unknown afterwards', async () => {
    const families = await start(fixture('--grandchild'));
    const session = await families.open();
    const { pid, grandchild } = await factsOf(session, families);
    expect(grandchild !== undefined && runs(grandchild)).to.equal(true);
    expect((await families.remove(session)).status).to.equal(200);
    expect(runs(pid)).to.equal(false);
    await gone(grandchild);
    expect(groupAlive(pid)).to.equal(false);
    for (const response of [
      await families.post(request('ping'), session),
      await families.get(session),
      await families.remove(session),
    ]) {
      expect(await denialIn(response)).to.deep.equal(denialOf('unknown-session'));
    }
  });

  it('end the processes that npx started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
    const recordFile = join(folder, 'children.json');
    const pidsOf = () => (JSON.parse(readFileSync(recordFile, 'utf8')) as { pid: number }[]).map(({ pid }) => pid);
    try {
      const npx = await start(['npx', '--no-install', 'mcp-server-everything', 'stdio'], { recordFile });
      const session = await npx.open();
      const [group = 0] = pidsOf();
      expect(groupAlive(group)).to.equal(true);
      await npx.remove(session);
      expect(groupAlive(group)).to.equal(false);
      expect(pidsOf()).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('end a process group that ignores SIGTERM after the grace period', async () => {
    const stubborn = await start(fixture('--stubborn', '--grandchild'), { graceMs: 100 });
    const session = await stubborn.open();
    const { pid, grandchild } = await factsOf(session, stubborn);
    await stubborn.remove(session);
    expect(runs(pid)).to.equal(false);
    await gone(grandchild);
  });

  it('end when they have been idle and without a connection', async () => {
    let nowMs = 0;
    const idle = await start(fixture(), { idleMs: 400, now: () => nowMs });
    const [quiet, listening] = await Promise.all([idle.open(), idle.open()]);
    const { pid } = await factsOf(quiet, idle);
    const leaving = new AbortController();
    await idle.get(listening, {}, leaving.signal);
    const goneWithTime = (process: number) =>
      eventually(
        () => {
          nowMs += 401;
          return runs(process);
        },
        (alive) => !alive,
      );
    await goneWithTime(pid);
    expect((await idle.post(request('ping'), quiet)).status).to.equal(404);
    const { pid: other } = await factsOf(listening, idle);
    leaving.abort();
    await goneWithTime(other);
  });

  it('end with their process: waiting requests get an error, later ones 404', async () => {
    const session = await bridge.open();
    const waiting = bridge.ask(session, 'silence');
    const error = { code: -32603, message: SESSION_END.exited({ code: 4, signal: null }) };
    expect((await bridge.ask(session, 'crash')).error).to.deep.equal(error);
    expect((await waiting).error).to.deep.equal(error);
    const response = await bridge.post(request('ping'), session);
    expect(response.status).to.equal(404);
    await response.text();
  });

  it('are denied above the limit, until one ends', async () => {
    const small = await start(fixture(), { maxSessions: 2 });
    const opened = await Promise.all([small.open(), small.open()]);
    const denied = await small.post(initialize(77));
    expect([denied.status, denied.headers.get('retry-after')]).to.deep.equal([503, '10']);
    const { error } = deny('sessions-in-use', { values: { maxSessions: 2 } });
    expect(await denied.json()).to.deep.equal({ jsonrpc: '2.0', id: 77, error });
    await small.remove(opened[0] ?? '');
    await small.open();
  });

  it('are counted exactly when many open at the same time', async () => {
    const small = await start(fixture(), { maxSessions: 3 });
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await small.post(initialize());
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.sort()).to.deep.equal([200, 200, 200, 503, 503, 503, 503, 503]);
  });

  it('continue while the bridge drains, which opens no new ones', async () => {
    const leaving = await start(fixture());
    const session = await leaving.open();
    const { pid } = await factsOf(session, leaving);
    const stopped = leaving.stop(60_000);
    const health = async () => (await fetch(`${leaving.origin}/healthz`)).status;
    expect(await health()).to.equal(503);
    const denied = await leaving.post(initialize());
    expect(denied.headers.get('retry-after')).to.equal('1');
    expect(await denialIn(denied)).to.deep.equal(denialOf('bridge-draining'));
    expect((await factsOf(session, leaving)).pid).to.equal(pid);
    await leaving.remove(session);
    await stopped;
    expect(await health().catch(() => 'closed')).to.equal('closed');
  });

  it('end when the time to drain is over', async () => {
    const leaving = await start(fixture('--grandchild'));
    const session = await leaving.open();
    const { pid, grandchild } = await factsOf(session, leaving);
    await leaving.stop(50);
    expect(runs(pid)).to.equal(false);
    await gone(grandchild);
  });

  it('give their servers the environment of the bridge, without the variables for its own Node process', async () => {
    const env = {
      PATH: process.env.PATH,
      TOKEN: 'abc',
      NODE_OPTIONS: '--no-warnings',
      PORT: '1',
      npm_config_cache: '/c',
    };
    const configured = await start(fixture(), { env });
    const { env: seen } = await factsOf(await configured.open(), configured);
    expect(seen).to.include({ TOKEN: 'abc', npm_config_cache: '/c' });
    expect(seen).to.not.have.any.keys('NODE_OPTIONS', 'PORT');
  });
});
