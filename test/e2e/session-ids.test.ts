import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MAX_OF_OWNER } from '../../core/session/ended-sessions.ts';
import { parseSessionKeys } from '../../core/session/keys.ts';
import { openSession as unseal } from '../../core/session/seal.ts';
import { endSession, forEach, openSession, parse, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { type Document, startGateway, type TestGateway, type TokenOptions } from '../support/gateway.ts';

const tenant = (name: string): Document => ({ name, match: [{ claim: 'tenant', value: name }] });

/** A session, and how it is used. */
interface Opened {
  backend: string;
  user: TokenOptions;
  session: string;
}

describe('sessions at a server that gives out one id several times', function () {
  this.timeout(120_000);

  const stateDir = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  let replica: Replica;
  let gateway: TestGateway;
  /** The server's next session id. It never forgets one, so that every 404 is the gateway's. */
  let next: () => string;
  /** All sessions of this test, so that they can be looked at again after a restart. */
  const ended: Opened[] = [];
  const alive: Opened[] = [];

  const start = () => {
    const url = `http://127.0.0.1:${replica.port}/mcp`;
    return startGateway({
      stateDir,
      backends: { one: { name: 'one', url }, two: { name: 'two', url } },
      tenants: { tenants: [tenant('engineering'), tenant('sales')] },
    });
  };
  before(async () => {
    replica = await startReplica({ name: 'replica', nextSessionId: () => next() });
    gateway = await start();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  /** One token for each user, until the gateway is restarted. */
  const tokens = new Map<string, Promise<string>>();
  function tokenOf(user: TokenOptions): Promise<string> {
    const key = JSON.stringify(user);
    const token = tokens.get(key) ?? gateway.token(user);
    tokens.set(key, token);
    return token;
  }
  async function restart(): Promise<void> {
    await gateway.stop();
    tokens.clear();
    gateway = await start();
  }
  async function open(user: TokenOptions, backend = 'one'): Promise<Opened> {
    const { session } = await openSession(gateway.backendUrl(backend), { token: await tokenOf(user) });
    return { backend, user, session };
  }
  const use = async ({ backend, user, session }: Opened) => {
    const response = await rpc(gateway.backendUrl(backend), { token: await tokenOf(user), session });
    return response.status === 200 ? 'alive' : `${response.status} ${parse(response).error?.code}`;
  };
  const ENDED = '404 -32001';
  const end = async ({ backend, user, session }: Opened) =>
    (await endSession(gateway.backendUrl(backend), { token: await tokenOf(user), session })).status;
  /** Ends one of several sessions, and expects that it is the only one that ends. */
  async function endOnly(which: Opened, others: readonly Opened[]): Promise<void> {
    for (const one of [which, ...others]) expect(await use(one)).to.equal('alive');
    expect(await end(which)).to.equal(200);
    for (let time = 0; time < 4; time += 1) {
      expect(await use(which)).to.equal(ENDED);
      for (const one of others) expect(await use(one)).to.equal('alive');
    }
    ended.push(which);
    alive.push(...others);
  }

  describe('and one id for all', () => {
    before(() => {
      next = () => 'shared';
    });

    const CALLERS: Record<string, [TokenOptions, string]> = {
      'a user': [{ subject: 'alice' }, 'one'],
      'another user': [{ subject: 'bob' }, 'one'],
      'a user of another tenant': [{ subject: 'carol', tenant: 'sales' }, 'one'],
      'the same user in another tenant': [{ subject: 'alice', tenant: 'sales' }, 'one'],
      'the same user at another backend': [{ subject: 'alice' }, 'two'],
    };
    for (const name of Object.keys(CALLERS)) {
      it(`a DELETE of ${name} ends no session of the others`, async () => {
        const sessions = new Map<string, Opened>();
        for (const [caller, of] of Object.entries(CALLERS)) sessions.set(caller, await open(...of));
        const which = sessions.get(name);
        if (which === undefined) throw new Error('no session');
        sessions.delete(name);
        await endOnly(which, [...sessions.values()]);
      });
    }

    it('a user whose session was ended opens another one, and others do', async () => {
      for (const user of [{ subject: 'alice' }, { subject: 'bob' }, { subject: 'alice', tenant: 'sales' }]) {
        await endOnly(await open(user), []);
        alive.push(await open(user));
        expect(await use(alive.at(-1) as Opened)).to.equal('alive');
      }
    });

    it('a DELETE ends one of several sessions of one user, even if they were opened in the same second', async () => {
      const [which, ...others] = await openedTogether();
      if (which === undefined) throw new Error('no session');
      await endOnly(which, others);
    });

    it('nobody ends a session with the token of another user', async () => {
      const [alices, bobs] = [await open({ subject: 'alice' }), await open({ subject: 'bob' })];
      expect(await end({ ...alices, user: bobs.user })).to.equal(404);
      expect(await use(alices)).to.equal('alive');
      expect(await end({ ...bobs, backend: 'two' })).to.equal(404);
      expect(await use(bobs)).to.equal('alive');
    });
  });

  describe('and ids that are counted, from 1 again after a restart of the server', () => {
    it('a session that was ended does not end later ones with its id', async () => {
      for (const [before, later] of [
        [{ subject: 'alice' }, { subject: 'alice' }],
        [{ subject: 'bob' }, { subject: 'alice' }],
        [
          { subject: 'carol', tenant: 'sales' },
          { subject: 'carol', tenant: 'engineering' },
        ],
      ]) {
        let count = 0;
        next = () => {
          count += 1;
          return String(count);
        };
        const first = await open(before ?? {});
        await endOnly(first, []);
        count = 0;
        const again = await open(later ?? {});
        expect(await use(again)).to.equal('alive');
        expect(await use(first)).to.equal(ENDED);
        alive.push(again);
      }
    });
  });

  describe('and the gateway is restarted or one user ends many', () => {
    it('they are what they were', async () => {
      await restart();
      expect(ended.length).to.be.above(8);
      expect(alive.length).to.be.above(20);
      for (const one of ended) expect(await use(one)).to.equal(ENDED);
      for (const one of alive) expect(await use(one)).to.equal('alive');
    });

    it('they stay ended when their user ends more than are kept, which costs no other user a session', async () => {
      next = () => 'shared';
      const others = [await open({ subject: 'bob' }), await open({ subject: 'greedy', tenant: 'sales' })];
      const count = MAX_OF_OWNER + 100;
      const numbers = Array.from({ length: count }, (_, n) => n);
      const opened = await forEach(numbers, 10, () => open({ subject: 'greedy' }));
      const statuses = await forEach(opened, 10, end);
      expect(new Set(statuses)).to.deep.equal(new Set([200]));
      const expectEnded = async () => {
        for (const one of others) expect(await use(one)).to.equal('alive');
        expect(new Set(await forEach(opened, 10, use))).to.deep.equal(new Set([ENDED]));
      };
      await expectEnded();
      await restart();
      await expectEnded();
      // A session that is younger than all of them is not concerned.
      expect(await use(await open({ subject: 'greedy' }))).to.equal('alive');
    });
  });

  /** Sessions of one user that were opened in the same second. */
  async function openedTogether(): Promise<Opened[]> {
    const parsed = parseSessionKeys(readFileSync(join(stateDir, 'session-keys'), 'utf8'), 'keys');
    if (!parsed.ok) throw new Error('no keys');
    for (;;) {
      const opened = await Promise.all(Array.from({ length: 8 }, () => open({ subject: 'alice' })));
      const seconds = Map.groupBy(opened, ({ session }) => unseal(session, parsed.value)?.issuedAtSeconds);
      for (const together of seconds.values()) if (together.length > 1) return together;
    }
  }
});
