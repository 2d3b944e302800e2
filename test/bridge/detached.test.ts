import { expect } from 'chai';
import type { BridgeOptions } from '../../bridge/bridge.ts';
import { MARK_VARIABLE } from '../../runtime/processes/family.ts';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, fixture, type TestBridge } from './support.ts';

const WAYS = ['detached', 'bare', 'orphan'];

describe('processes that leave the group of a server', function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  const started: TestBridge[] = [];
  const left: number[] = [];
  const start = async (more: Partial<BridgeOptions> = {}) => {
    const bridge = await bridgeTo(fixture(), more);
    started.push(bridge);
    return bridge;
  };
  const leave = async (bridge: TestBridge, session: string, params: { how: string; stubborn?: boolean }) => {
    const { result } = await bridge.ask(session, 'leave', params);
    const pid = Number(result?.pid);
    left.push(pid);
    expect(runs(pid), params.how).to.equal(true);
    return pid;
  };
  after(async () => {
    await Promise.all(started.map((one) => one.stop()));
    for (const pid of left) if (runs(pid)) process.kill(pid, 'SIGKILL');
  });

  for (const how of WAYS) {
    for (const stubborn of [false, true]) {
      it(`are gone when DELETE is answered: ${how}${stubborn ? ', ignoring SIGTERM' : ''}`, async () => {
        const bridge = await start();
        const [session, other] = [await bridge.open(), await bridge.open()];
        const pid = await leave(bridge, session, { how, stubborn });
        const kept = await leave(bridge, other, { how, stubborn });
        await bridge.remove(session);
        expect(runs(pid)).to.equal(false);
        expect(runs(kept), 'those of another session').to.equal(true);
      });
    }
  }

  it('end with a server that ends by itself', async () => {
    const bridge = await start();
    const session = await bridge.open();
    const pids = [await leave(bridge, session, { how: 'detached' }), await leave(bridge, session, { how: 'orphan' })];
    await bridge.ask(session, 'crash');
    await eventually(
      () => pids.filter(runs),
      (alive) => alive.length === 0,
    );
  });

  it('end with the bridge, those of all sessions', async () => {
    const bridge = await start({ maxSessions: 20 });
    const sessions = await Promise.all(Array.from({ length: 6 }, () => bridge.open()));
    const pids = await Promise.all(
      sessions.map((session, index) => leave(bridge, session, { how: WAYS[index % 3] ?? '', stubborn: index < 3 })),
    );
    await bridge.stop();
    expect(pids.filter(runs)).to.deep.equal([]);
  });

  it('carry a mark of their session, that no other session has', async () => {
    const bridge = await start();
    const markOf = async (session: string) => {
      const { result } = await bridge.ask(session, 'facts');
      const { env } = result as { env: Record<string, string> };
      return env[MARK_VARIABLE];
    };
    const marks = [await markOf(await bridge.open()), await markOf(await bridge.open())];
    expect(marks[0]).to.match(/^[0-9a-f]{32}$/);
    expect(marks[0]).to.not.equal(marks[1]);
  });
});
