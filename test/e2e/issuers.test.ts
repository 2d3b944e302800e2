import { expect } from 'chai';
import { type IssuerKey, type LocalIssuer, machineSeconds, startIssuer } from '../ext-authz/local-issuer.ts';
import { type Answer, openSession, parse, rpc, sendSound } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const UNKNOWN_KEY = 'The access token is signed with a key that the issuer does not publish';
const DOWN = 'no keys from the issuer: using its known keys';
const BACK = 'the issuer answers again';
/** Longer than the cooldown of a key set. */
const PATIENCE_MS = 40_000;

describe('several issuers and tenants through the gateway', function () {
  this.timeout(90_000);
  let gateway: TestGateway;
  let replica: Replica;
  let url: string;
  // Each part has an issuer of its own, so that no part waits for the cooldown of another.
  let first: LocalIssuer;
  let second: LocalIssuer;
  let down: LocalIssuer;
  let rotating: LocalIssuer;
  let hanging: LocalIssuer;
  let added: LocalIssuer;
  const issuers = () => [first, second, down, rotating, hanging];

  const settingsOf = (of: LocalIssuer[]): Document => ({
    issuer: undefined,
    issuers: of.map((issuer) => ({ url: issuer.url, clockSkewSeconds: 5 })),
  });
  const tenantsOf = (of: LocalIssuer[]): Document => ({
    tenants: [
      { name: 'red', match: [{ issuer: first.url, claim: 'team', value: 'red' }] },
      { name: 'blue', match: [{ issuer: second.url, claim: 'team', value: 'blue' }] },
      { name: 'green', match: of.map((issuer) => ({ issuer: issuer.url, group: ['green', 'verdant'] })) },
    ],
  });

  before(async () => {
    const start = (path = '') => startIssuer({ path, nowSeconds: machineSeconds });
    [first, second, down] = await Promise.all([start('/realms/first'), start(), start()]);
    [rotating, hanging, added] = await Promise.all([start(), start(), start()]);
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      backends: { replica: { name: 'replica', url: `http://127.0.0.1:${replica.port}/mcp` } },
      settings: settingsOf(issuers()),
      tenants: tenantsOf(issuers()),
      workers: 1,
    });
    url = gateway.backendUrl('replica');
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    await Promise.all([...issuers(), added].map((issuer) => issuer?.close()));
  });

  const tokenOf = (issuer: LocalIssuer, claims: Record<string, unknown> = { groups: ['green'] }, key?: IssuerKey) =>
    issuer.sign({ aud: gateway.url, ...claims }, {}, key);
  const ask = async (token: string, headers: Record<string, string> = {}) => sendSound(url, token, { headers });
  const messageOf = (answer: Answer) => `${answer.status} ${parse(answer).error?.message ?? 'ok'}`;
  const outcomeOf = async (token: string, headers: Record<string, string> = {}) => messageOf(await ask(token, headers));
  const linesOf = (msg: string, { url: issuer }: LocalIssuer) =>
    gateway.log.filter((line) => line.msg === msg && line.issuer === issuer);
  /** A token signed with an unknown key: it makes the gateway ask the issuer, unless the cooldown prevents that. */
  const strangerOf = async (issuer: LocalIssuer) =>
    tokenOf(issuer, {}, await issuer.newKey(`stranger-${Math.random()}`));

  describe('membership', () => {
    it('serves callers of both issuers in three tenants at once', async () => {
      const tokens = await Promise.all([
        tokenOf(first, { team: 'red' }),
        tokenOf(second, { team: 'blue' }),
        tokenOf(first),
        tokenOf(second, { groups: ['other', 'verdant'] }),
      ]);
      const callers = Array.from({ length: 40 }, (_, index) => tokens[index % tokens.length] ?? '');
      const outcomes = await Promise.all(callers.map((token) => outcomeOf(token)));
      expect(new Set(outcomes)).to.deep.equal(new Set(['200 ok']));
    });

    it('names all of its issuers in the metadata', async () => {
      const response = await fetch(`${gateway.url}/.well-known/oauth-protected-resource/replica/mcp`);
      const { authorization_servers } = (await response.json()) as { authorization_servers: string[] };
      expect(authorization_servers).to.deep.equal(issuers().map((issuer) => issuer.url));
    });

    it('applies no rule of one issuer to a token of another, whatever it claims', async () => {
      for (const claims of [{ team: 'red' }, { team: ['red', 'x'] }, { team: 'red', iss_claim: first.url }]) {
        expect(await outcomeOf(await tokenOf(second, claims))).to.match(/^403 .*\(claims checked: team, groups\)$/);
      }
      expect(await outcomeOf(await tokenOf(first, { team: 'blue' }))).to.match(/^403 .*\(claims checked: /);
      expect(await outcomeOf(await tokenOf(second, { team: 'red' }), { 'x-tenant': 'red' })).to.match(/^403 /);
      // Nor does its signature: the key of one issuer is not valid for another.
      expect(await outcomeOf(await tokenOf(second, { iss: first.url, team: 'red' }))).to.match(/^401 .*signature/);
    });

    it('treats equal subjects of two issuers as two people', async () => {
      const [alice, namesake] = await Promise.all([tokenOf(first), tokenOf(second)]);
      const { session } = await openSession(url, { token: alice });
      expect((await rpc(url, { token: alice, session })).status).to.equal(200);
      const stolen = await rpc(url, { token: namesake, session });
      expect(stolen.status).to.equal(404);
      expect(parse(stolen).error?.code).to.equal(-32001);
      expect((await rpc(url, { token: await tokenOf(first, { groups: ['verdant'] }), session })).status).to.equal(200);
    });

    it('lets a member of several tenants choose one of them, and does not pass the choice on to the server', async () => {
      const token = await tokenOf(first, { team: 'red', groups: ['green'] });
      expect(await outcomeOf(token)).to.match(/^403 .*\(red, green\).* X-Tenant/);
      for (const tenant of ['red', 'green']) {
        const answer = await ask(token, { 'x-tenant': tenant });
        expect(answer.status).to.equal(200);
        expect(Object.keys(parse(answer).result?.headers ?? {}))
          .to.include('content-type')
          .and.not.include('x-tenant');
      }
      for (const tenant of ['blue', 'none', '', 'red, green', 'RED']) {
        expect(await outcomeOf(token, { 'x-tenant': tenant }), tenant).to.match(/^403 .* X-Tenant/);
      }
      // A session belongs to the tenant that it was opened for.
      const headers = { 'x-tenant': 'red', 'mcp-session-id': await openFor(token, 'red') };
      expect(await outcomeOf(token, headers)).to.equal('200 ok');
      const foreign = await ask(token, { ...headers, 'x-tenant': 'green' });
      expect([foreign.status, parse(foreign).error?.code]).to.deep.equal([404, -32001]);
    });

    async function openFor(token: string, tenant: string): Promise<string> {
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
      const answer = await sendSound(url, token, { headers: { 'x-tenant': tenant }, body });
      return String(answer.headers['mcp-session-id']);
    }
  });

  describe('a failing issuer', () => {
    it('that is down: its known keys stay valid; failure and recovery are logged once', async () => {
      down.mood = 'broken';
      const stranger = await strangerOf(down);
      await eventually(
        async () => [await outcomeOf(stranger), linesOf(DOWN, down).length] as const,
        ([outcome, lines]) => outcome === `401 ${UNKNOWN_KEY}` && lines > 0,
        PATIENCE_MS,
      );
      for (let times = 0; times < 5; times++) {
        expect(await outcomeOf(await tokenOf(down))).to.equal('200 ok');
        expect(await outcomeOf(await tokenOf(first))).to.equal('200 ok');
      }
      down.mood = 'well';
      down.keys.unshift(await down.newKey('afterwards'));
      const later = await tokenOf(down);
      await eventually(
        () => outcomeOf(later),
        (outcome) => outcome === '200 ok',
        PATIENCE_MS,
      );
      await eventually(
        () => linesOf(BACK, down).length,
        (lines) => lines === 1,
      );
      expect(linesOf(DOWN, down)).to.have.length(1);
    });

    it('that rotates its keys: the new one is accepted, the old one no longer', async () => {
      const [old] = rotating.keys;
      const before = await tokenOf(rotating);
      expect(await outcomeOf(before)).to.equal('200 ok');
      rotating.keys = [await rotating.newKey('second')];
      const asked = rotating.asked.length;
      const token = await tokenOf(rotating);
      await eventually(
        () => outcomeOf(token),
        (outcome) => outcome === '200 ok',
        PATIENCE_MS,
      );
      // Asked once, however many tokens came.
      expect(rotating.asked.slice(asked)).to.deep.equal(['/.well-known/openid-configuration', '/jwks']);
      expect(await outcomeOf(before)).to.equal(`401 ${UNKNOWN_KEY}`);
      expect(await outcomeOf(await tokenOf(rotating, { groups: ['green'] }, old))).to.equal(`401 ${UNKNOWN_KEY}`);
    });

    it('whose keys hang: requests with a known key do not wait, whatever unknown keys others use', async () => {
      hanging.mood = 'silent-keys';
      const { session } = await openSession(url, { token: await tokenOf(hanging) });
      const good: string[] = [];
      const attempt = async (): Promise<{ hung: number; doneFirst: boolean }> => {
        let answered = 0;
        const strangers = await Promise.all([1, 2, 3, 4].map(() => strangerOf(hanging)));
        const waiting = strangers.map((token) => outcomeOf(token).finally(() => answered++));
        const hung = await eventually(
          () => hanging.unanswered + answered,
          (count) => count > 0,
        ).then(() => hanging.unanswered);
        for (let times = 0; times < 3; times++) {
          const token = await tokenOf(hanging);
          good.push(await outcomeOf(token), messageOf(await rpc(url, { token, session })));
          good.push(await outcomeOf(await tokenOf(first)));
        }
        const doneFirst = answered === 0 && hanging.unanswered === 1;
        expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set([`401 ${UNKNOWN_KEY}`]));
        return { hung, doneFirst };
      };
      // During the cooldown, tokens with unknown keys are denied immediately; after it, all of them wait for one answer.
      await eventually(attempt, ({ hung, doneFirst }) => hung === 1 && doneFirst, PATIENCE_MS);
      expect(new Set(good)).to.deep.equal(new Set(['200 ok']));
      hanging.mood = 'well';
    });
  });

  it('adds and removes an issuer while it runs, without asking the others again', async () => {
    const token = await tokenOf(added);
    expect(await outcomeOf(token)).to.equal(
      `401 The access token is from the issuer ${added.url}, which is not accepted here`,
    );
    // Known keys of an issuer must survive a change of the others.
    second.mood = 'broken';
    const asked = second.asked.length;
    gateway.writeSettings(settingsOf([...issuers(), added]));
    gateway.writeTenants(tenantsOf([...issuers(), added]));
    await eventually(
      () => outcomeOf(token),
      (outcome) => outcome === '200 ok',
    );
    expect(await outcomeOf(await tokenOf(second))).to.equal('200 ok');
    expect(second.asked).to.have.length(asked);
    gateway.writeTenants(tenantsOf(issuers()));
    gateway.writeSettings(settingsOf(issuers()));
    await eventually(
      () => outcomeOf(token),
      (outcome) => outcome.startsWith('401 '),
    );
    expect(await outcomeOf(await tokenOf(second))).to.equal('200 ok');
    second.mood = 'well';
  });
});
