import { expect } from 'chai';
import { USER_HEADER } from '../../core/registry/upstream.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, denialIn, denialOf, fixture, initialize, type TestBridge } from './support.ts';

describe("users' shares of the sessions of a bridge", function () {
  this.timeout(60_000);

  const started: TestBridge[] = [];
  const start = async (maxSessions: number) => {
    const bridge = await bridgeTo(fixture(), { maxSessions });
    started.push(bridge);
    return bridge;
  };
  after(() => Promise.all(started.map((one) => one.stop())));

  const ask = (bridge: TestBridge, user: string) => bridge.post(initialize(), undefined, { [USER_HEADER]: user });
  /** Opens sessions until one is denied; returns their ids and the denial. */
  const openAll = async (bridge: TestBridge, user: string) => {
    const sessions: string[] = [];
    for (;;) {
      const response = await ask(bridge, user);
      if (response.status !== 200) return { sessions, response };
      await response.text();
      sessions.push(response.headers.get('mcp-session-id') ?? '');
    }
  };

  it('are as many sessions as remain free, so that every further user finds room', async () => {
    const bridge = await start(8);
    const held: number[] = [];
    for (const user of ['alice', 'bob', 'carol', 'dave']) held.push((await openAll(bridge, user)).sessions.length);
    expect(held).to.deep.equal([4, 2, 1, 1]);
    expect(await denialIn(await ask(bridge, 'erin'))).to.deep.equal(denialOf('sessions-in-use', { maxSessions: 8 }));
  });

  it('have a denial that names them', async () => {
    const bridge = await start(5);
    const { sessions, response } = await openAll(bridge, 'alice');
    expect(sessions.length).to.equal(3);
    expect(response.headers.get('retry-after')).to.equal('10');
    expect(await denialIn(response)).to.deep.equal(denialOf('user-sessions-in-use', { held: 3, free: 2 }));
  });

  it('grow when sessions end, those of the user or of others', async () => {
    const bridge = await start(6);
    const alice = await openAll(bridge, 'alice');
    const bob = await openAll(bridge, 'bob');
    expect([alice.sessions.length, bob.sessions.length]).to.deep.equal([3, 2]);
    for (const session of alice.sessions) await bridge.remove(session);
    expect((await openAll(bridge, 'bob')).sessions.length).to.equal(1);
    await bridge.remove(bob.sessions[0] ?? '');
    expect((await openAll(bridge, 'bob')).sessions.length).to.equal(1);
  });

  it('hold when many open at the same time', async () => {
    const bridge = await start(8);
    const responses = await Promise.all(Array.from({ length: 12 }, () => ask(bridge, 'alice')));
    await Promise.all(responses.map((response) => response.text()));
    expect(responses.filter(({ status }) => status === 200).length).to.equal(4);
  });

  it('are not used up by sessions that do not open', async () => {
    for (const command of [fixture('--fail'), ['/no/such/program'] as [string]]) {
      const failing = await bridgeTo(command, { maxSessions: 2 });
      started.push(failing);
      for (let time = 0; time < 3; time += 1) {
        const status = await eventually(
          async () => {
            const response = await ask(failing, 'alice');
            await response.text();
            return response.status;
          },
          (one) => one !== 429,
        );
        expect(status).to.equal(502);
      }
    }
  });

  it('are one session at least', async () => {
    const bridge = await start(1);
    expect((await openAll(bridge, 'alice')).sessions.length).to.equal(1);
  });

  it('do not exist without a gateway', async () => {
    const bridge = await start(4);
    await Promise.all(Array.from({ length: 4 }, () => bridge.open()));
    expect(await denialIn(await bridge.post(initialize()))).to.deep.equal(
      denialOf('sessions-in-use', { maxSessions: 4 }),
    );
  });
});
