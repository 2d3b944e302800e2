import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { callerHeaders, endSession, openSession, parse, rpc, send } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const match = [{ claim: 'tenant', value: 'engineering' }];
const roles = [{ name: 'lead', match: [{ claim: 'sub', value: 'lea' }] }];
const tenant = (rules: object[]) => ({ tenants: [{ name: 'engineering', match, roles, rules }] });

describe('policy and audit', function () {
  this.timeout(30_000);

  let replica: Replica;
  let gateway: TestGateway;
  let token: string;
  let lead: string;

  const call = (name: string, who = token, more: Record<string, string> = {}) =>
    send(gateway.backendUrl('jira'), {
      headers: { 'content-type': 'application/json', ...callerHeaders({ token: who }), ...more },
      body: JSON.stringify({ jsonrpc: '2.0', id: name, method: 'tools/call', params: { name } }),
    });
  /** The lines of the audit log; a line is there at most 250 ms after its answer. */
  const audit = (): Record<string, unknown>[] =>
    readFileSync(join(gateway.stateDir, 'audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const lineFor = async (requestId: unknown) => {
    const lines = await eventually(audit, (all) => all.some((line) => line.requestId === requestId));
    return lines.filter((line) => line.requestId === requestId);
  };

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    const url = `http://127.0.0.1:${replica.port}/mcp`;
    gateway = await startGateway({
      backends: {
        jira: { name: 'jira', url, tools: { deny: ['drop_*'] } },
        secret: { name: 'secret', url, roles: ['lead'] },
      },
      tenants: tenant([{ tools: { allow: ['get_*'] } }, { roles: ['lead'], tools: { allow: ['*'] } }]),
    });
    token = await gateway.token({ subject: 'dev' });
    lead = await gateway.token({ subject: 'lea' });
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
  });

  it('lets a caller call what its roles allow, within what the backend allows', async () => {
    const before = replica.requests;
    const outcomes = [];
    for (const [name, who] of [
      ['get_issue', token],
      ['add_issue', token],
      ['add_issue', lead],
      ['drop_all', token],
      ['drop_all', lead],
    ] as const) {
      const answer = await call(name, who);
      outcomes.push([answer.status, parse(answer).error?.code]);
    }
    expect(outcomes).to.deep.equal([
      [200, undefined],
      [403, -32011],
      [200, undefined],
      [403, -32011],
      [403, -32011],
    ]);
    expect(replica.requests).to.equal(before + 2);
    const { id, error } = parse(await call('drop_all'));
    expect(id).to.equal('drop_all');
    expect(error).to.deep.include({ code: -32011, data: { tool: 'drop_all' } });
  });

  it('shows a backend only to those who may use it', async () => {
    expect((await rpc(gateway.backendUrl('secret'), { token: lead }, 'ping')).status).to.equal(200);
    const hidden = await rpc(gateway.backendUrl('secret'), { token }, 'ping');
    const missing = await rpc(gateway.backendUrl('missing'), { token }, 'ping');
    expect([hidden.status, hidden.body]).to.deep.equal([404, missing.body]);
    expect(Object.keys(hidden.headers)).to.deep.equal(Object.keys(missing.headers));
  });

  it("writes a line for each decision, with Envoy's request id", async () => {
    const { session } = await openSession(gateway.backendUrl('jira'), { token });
    const yes = await call('get_issue', token, {
      'mcp-session-id': session,
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    });
    const no = await call('add_issue');
    const [allowed, ...more] = await lineFor(yes.headers['x-request-id']);
    expect(more).to.deep.equal([]);
    expect(allowed).to.include({
      decision: 'allow',
      lane: 'session-guarded',
      subject: 'dev',
      tenant: 'engineering',
      backend: 'jira',
      client: '127.0.0.1',
      traceId: TRACE,
    });
    expect(allowed?.time).to.match(/^20\d\d-\d\d-\d\dT/);
    expect(allowed?.session).to.match(/^[0-9a-f]{32}$/);
    const [denied] = await lineFor(no.headers['x-request-id']);
    expect(denied).to.include({ decision: 'deny', reason: 'forbidden', status: 403 });
    expect(denied?.tools).to.deep.equal(['add_issue']);
    await endSession(gateway.backendUrl('jira'), { token, session });
    const text = JSON.stringify(audit());
    for (const secret of [token, token.split('.')[1] ?? '', session, ...replica.sessions]) {
      expect(text).to.not.include(secret);
    }
  });

  it('changes while clients are connected, and a document with errors changes nothing', async () => {
    const { session } = await openSession(gateway.backendUrl('jira'), { token });
    const status = async () => (await call('add_issue', token, { 'mcp-session-id': session })).status;
    expect(await status()).to.equal(403);
    gateway.writeTenants(tenant([{ tools: { allow: ['*_issue'] } }]));
    await eventually(status, (code) => code === 200);
    gateway.writeTenants(tenant([{ tools: { alow: ['x'] } }]));
    await eventually(
      () => gateway.status(),
      ({ problems }) => problems?.some((problem) => problem.includes('alow')) === true,
    );
    expect(await status()).to.equal(200);
  });
});
