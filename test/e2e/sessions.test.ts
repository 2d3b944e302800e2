import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { hashPrincipal } from '../../core/identity/principal.ts';
import { KEY_ID_BYTES, parseSessionKeys, type SessionKeys } from '../../core/session/keys.ts';
import { sealSession, openSession as unseal } from '../../core/session/seal.ts';
import type { Session } from '../../core/session/session.ts';
import {
  type Answer,
  askReplica,
  callerHeaders,
  endSession,
  openSession,
  rpc,
  send,
} from '../fixtures/replica-server/client.ts';
import { childOf, childrenOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const LIFETIME_SECONDS = 3600;
const UNKNOWN = '{"jsonrpc":"2.0","id":"same","error":{"code":-32001,"message":"Session not found"}}';
const CALL_ID = 'same';

const tenant = (name: string): Document => ({ name, match: [{ claim: 'tenant', value: name }] });

describe('sessions', function () {
  this.timeout(30_000);

  const stateDir = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const keyFile = join(stateDir, 'session-keys');
  let replica: Replica;
  let gateway: TestGateway;
  let token: string;

  const url = () => gateway.backendUrl('one');
  const start = () => {
    const to = { url: `http://127.0.0.1:${replica.port}/mcp`, healthCheck: { interval: '500ms', timeout: '500ms' } };
    return startGateway({
      stateDir,
      backends: { one: { name: 'one', ...to }, two: { name: 'two', ...to } },
      tenants: { tenants: [tenant('engineering'), tenant('sales')] },
      settings: { sessions: { lifetime: `${LIFETIME_SECONDS}s` } },
    });
  };
  const keys = (text = readFileSync(keyFile, 'utf8')): SessionKeys => {
    const parsed = parseSessionKeys(text, keyFile);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.value;
  };
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  const open = async () => (await openSession(url(), { token })).session;
  const use = (session: string, by = token, at = url()) => rpc(at, { token: by, session }, 'tools/call', CALL_ID);
  /** A session as the gateway would seal it, with these changes. */
  const forge = (real: string, change: Partial<Session> = {}, by = keys()) => {
    const session = unseal(real, keys());
    if (session === undefined) throw new Error('not sealed by this gateway');
    return sealSession({ ...session, ...change }, by);
  };
  const bare = ({ status, headers, body }: Answer) => {
    const { date, 'x-request-id': requestId, ...rest } = headers;
    expect(requestId).to.be.a('string');
    return { status, headers: rest, body };
  };

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    gateway = await start();
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  describe('that are denied', () => {
    let real: string;
    let unknown: ReturnType<typeof bare>;

    before(async () => {
      real = await open();
      expect((await use(real)).status).to.equal(200);
      unknown = bare(await use('unknown'));
      expect(unknown).to.deep.include({ status: 404, body: UNKNOWN });
      expect(unknown.headers['content-type']).to.equal('application/json');
    });
    afterEach('the session itself goes on', async () => {
      expect((await use(real)).status).to.equal(200);
    });

    const denied: Record<string, () => string | Promise<string>> = {
      'an empty id': () => '',
      garbage: () => '%%% ../../etc/passwd "{}',
      'the id of the server': () => unseal(real, keys())?.serverSessionId ?? '',
      'one that is too long': () => 'A'.repeat(8192),
      'one with more behind it': () => `${real}A`,
      'two in one header': () => `${real},${real}`,
      'one sealed with another key': () => forge(real, {}, keys(randomBytes(32).toString('base64'))),
      'one of another subject': () => forge(real, { principal: hashPrincipal(gateway.issuer, 'somebody') }),
      'one of another issuer': () => forge(real, { principal: hashPrincipal('http://127.0.0.1:1', 'developer') }),
      'one of another tenant': () => forge(real, { tenant: 'sales' }),
      'one of another backend': () => forge(real, { backend: 'two' }),
      'one that is as old as sessions get': () => forge(real, { issuedAtSeconds: nowSeconds() - LIFETIME_SECONDS }),
      'one of an endpoint that is gone': () => forge(real, { endpoint: '127.0.0.1:1' }),
      'one of an earlier incarnation': () => forge(real, { incarnation: 'before' }),
      'one that was ended': async () => {
        const session = await open();
        expect((await use(session)).status).to.equal(200);
        expect((await endSession(url(), { token, session })).status).to.equal(200);
        return session;
      },
    };
    for (const [what, make] of Object.entries(denied)) {
      it(`does not accept ${what}, and answers as for an unknown one`, async () => {
        const before = replica.requests;
        const session = await make();
        const sent = replica.requests;
        expect(bare(await use(session))).to.deep.equal(unknown);
        expect(replica.requests, 'requests that reached the server').to.equal(sent);
        expect(sent).to.be.at.least(before);
      });
    }

    it('does not accept an id with any character changed', async () => {
      for (let at = 0; at < real.length; at += 7) {
        const changed = real.slice(0, at) + (real[at] === 'A' ? 'B' : 'A') + real.slice(at + 1);
        expect(bare(await use(changed)), `character ${at}`).to.deep.equal(unknown);
      }
    });

    it('does not let another subject, tenant or backend use it', async () => {
      expect(bare(await use(real, await gateway.token({ subject: 'somebody' })))).to.deep.equal(unknown);
      expect(bare(await use(real, await gateway.token({ tenant: 'sales' })))).to.deep.equal(unknown);
      expect(bare(await use(real, token, gateway.backendUrl('two')))).to.deep.equal(unknown);
    });

    it('does not let another subject end it', async () => {
      const other = await gateway.token({ subject: 'somebody' });
      const answer = await endSession(url(), { token: other, session: real });
      expect(answer).to.deep.include({ status: 404, body: UNKNOWN.replace('"same"', 'null') });
    });

    it('is not a credential: without a token it is useless', async () => {
      const { authorization: _, ...headers } = callerHeaders({ token, session: real });
      expect((await send(url(), { method: 'GET', headers })).status).to.equal(401);
    });

    it('opens an id that was sealed in the same way without changes', async () => {
      const issuedAtSeconds = nowSeconds() - LIFETIME_SECONDS + 600;
      expect((await use(forge(real, { issuedAtSeconds }))).status).to.equal(200);
    });
  });

  describe('and the keys', () => {
    const idOf = (session: string) => Buffer.from(session, 'base64url').subarray(0, KEY_ID_BYTES).toString('hex');
    const replace = (text: string) => {
      writeFileSync(`${keyFile}.new`, text);
      renameSync(`${keyFile}.new`, keyFile);
    };

    it('continue when a new key comes first, and end when theirs is removed', async () => {
      const original = readFileSync(keyFile, 'utf8');
      const line = randomBytes(32).toString('base64');
      const old = await open();
      replace(`${line}\n${original}`);
      const fresh = keys(line).sealing.id.toString('hex');
      // Each is valid from the first moment, whichever key sealed it and whichever process opens it.
      const seen: string[] = [];
      while (seen.slice(-20).filter((id) => id === fresh).length < 20) {
        const session = await open();
        seen.push(idOf(session));
        expect((await use(session)).status, `session ${seen.length}`).to.equal(200);
        expect((await use(old)).status).to.equal(200);
      }
      const young = await open();
      replace(line);
      await eventually(
        () => use(old),
        ({ status }) => status === 404,
      );
      expect((await use(young)).status).to.equal(200);
    });

    it('continue when the file is damaged', async () => {
      const original = readFileSync(keyFile, 'utf8');
      const session = await open();
      replace('no key\n');
      await eventually(
        () => gateway.log.filter(({ msg }) => /session keys are invalid/.test(msg)).length,
        (count) => count >= 4,
      );
      expect((await use(session)).status).to.equal(200);
      expect(idOf(await open())).to.equal(idOf(session));
      replace(original);
    });
  });

  describe('and restarts', () => {
    it('stay ended when the watcher and the workers are restarted', async () => {
      const [ended, kept] = [await open(), await open()];
      expect((await endSession(url(), { token, session: ended })).status).to.equal(200);
      const isReplaced = (name: string, pid: number) =>
        eventually(
          () => childrenOf(stateDir).get(name),
          (now) => now !== undefined && now !== pid,
        );
      // The workers come last: the new ones have only what the new watcher sends them.
      for (const name of ['watcher', 'ext-authz-0', 'ext-authz-1']) {
        const pid = childOf(stateDir, name);
        process.kill(pid, 'SIGKILL');
        await isReplaced(name, pid);
        await eventually(
          () => use(kept),
          ({ status }) => status === 200,
        );
      }
      for (let count = 0; count < 20; count++) expect((await use(ended)).status).to.equal(404);
    });

    it('continue when the whole gateway is restarted, and ended ones stay ended', async () => {
      const [ended, kept] = [await open(), await open()];
      await endSession(url(), { token, session: ended });
      await gateway.stop();
      gateway = await start();
      token = await gateway.token();
      expect((await askReplica(url(), { token, session: kept })).replica).to.equal('replica');
      expect((await use(ended)).body).to.equal(UNKNOWN);
    });
  });
});
