import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { callerHeaders, openSession, send } from '../fixtures/replica-server/client.ts';
import { childOf, childrenOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type ClientKind, type Connection, SDK1, SDK2_AUTO, SDK2_LEGACY, SDK2_PINNED } from '../support/clients.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const SETTINGS = { admin: { tenants: ['platform'] } };
const tenant = (name: string, more: object = {}) => ({
  name,
  match: [{ claim: 'tenant', value: name }],
  roles: ['mcp.admin'],
  ...more,
});
const TENANTS = {
  tenants: [tenant('platform', { quota: { requests: 200, per: 'day' } }), tenant('engineering')],
};

const TOOLS_LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

describe('the admin tools behind the gateway itself', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let replica: Replica;
  let ann: string;

  const admin = (who: { subject?: string; tenant?: string; roles?: string[] } = {}) =>
    gateway.token({ subject: 'ann', tenant: 'platform', roles: ['mcp.admin'], ...who });
  const connect = (kind: ClientKind, token: string) => kind.connect({ url: gateway.backendUrl('gateway'), token });
  const ask = (name: string, headers: Record<string, string>) =>
    send(gateway.backendUrl(name), {
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: TOOLS_LIST,
    });
  const linesOf = (file: string): Record<string, unknown>[] =>
    readFileSync(join(gateway.stateDir, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const done = async (connection: Connection, name: string, args: Record<string, unknown> = {}) => {
    const { isError, content, structuredContent } = await connection.call(name, args);
    expect(isError, content[0]?.text).to.not.equal(true);
    return structuredContent as Record<string, unknown>;
  };

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({ backends: {}, tenants: TENANTS, settings: SETTINGS, workers: 1 });
    ann = await admin();
  });
  after(async () => {
    await gateway.stop();
    await replica.stop();
  });

  for (const [index, kind] of [SDK1, SDK2_LEGACY, SDK2_AUTO, SDK2_PINNED].entries()) {
    it(`let an administrator register a backend, which is then served, with ${kind.name}`, async () => {
      const connection = await connect(kind, ann);
      const { tools } = await connection.client.listTools();
      expect(tools.map(({ name }) => name)).to.include.members(['list_backends', 'register_backend', 'tenant_quota']);
      const name = `jira-${index}`;
      const progress: number[] = [];
      const url = `http://127.0.0.1:${replica.port}/mcp`;
      const { isError, structuredContent } = await connection.call(
        'register_backend',
        { name, url, waitSeconds: 60 },
        { onprogress: ({ progress: so }) => progress.push(so) },
      );
      expect(isError).to.not.equal(true);
      expect(structuredContent).to.include({ action: 'created', ready: true });
      expect(progress).to.not.deep.equal([]);
      await connection.client.close();
      const { session } = await openSession(gateway.backendUrl(name), { token: await gateway.token() });
      expect(session).to.not.equal('');
    });
  }

  it('audit the caller, count the request, and log the change', async () => {
    const audited = linesOf('audit.log').filter(({ backend }) => backend === 'gateway');
    const call = audited.find(({ tools }) => JSON.stringify(tools) === '["register_backend"]');
    expect(call).to.include({ decision: 'allow', subject: 'ann', tenant: 'platform' });
    const logged = await eventually(
      () => gateway.log.filter(({ msg }) => msg === 'changed by an administrator'),
      (lines) => lines.length === 4,
    );
    expect(logged.map(({ about }) => about)).to.have.members(['jira-0', 'jira-1', 'jira-2', 'jira-3']);
    expect(logged[0]).to.include({ tool: 'register_backend', subject: 'ann', tenant: 'platform', outcome: 'done' });
    expect(audited.map(({ requestId }) => requestId)).to.include(logged[0]?.requestId);

    const connection = await connect(SDK2_AUTO, ann);
    const taken = await connection.call('register_backend', { name: 'jira-0', url: 'http://127.0.0.1/mcp' });
    expect(taken.isError).to.equal(true);
    const wrong = await connection.call('register_backend', { name: 'a', token: 'ghp_0123456789' });
    expect(wrong.isError).to.equal(true);
    await done(connection, 'remove_backend', { name: 'jira-0', dryRun: true });
    const denials = await eventually(
      () => gateway.log.filter(({ msg }) => msg === 'denied to an administrator'),
      (lines) => lines.length === 2,
    );
    expect(denials[0]).to.include({ tool: 'register_backend', about: 'jira-0', outcome: 'refused', subject: 'ann' });
    expect(JSON.stringify(gateway.log)).to.not.include('ghp_0123456789');
    expect(gateway.log.some(({ tool, msg }) => tool === 'remove_backend' && msg.startsWith('changed'))).to.equal(false);

    const left = async () => {
      const { limits } = await done(connection, 'tenant_quota', { tenant_id: 'platform' });
      return (limits as { left: number }[])[0]?.left ?? Number.NaN;
    };
    const before = await eventually(left, (count) => count < 200);
    await done(connection, 'list_backends');
    await eventually(left, (count) => count < before);
    await connection.client.close();
  });

  it('look to all others like a backend that does not exist', async () => {
    const others = {
      'no role': await admin({ roles: [] }),
      'another tenant': await admin({ tenant: 'engineering' }),
    };
    for (const [what, token] of Object.entries(others)) {
      const [own, unknown] = await Promise.all(
        ['gateway', 'nothing'].map((name) => ask(name, callerHeaders({ token }))),
      );
      expect(own?.status, what).to.equal(404);
      expect([own?.status, own?.body], what).to.deep.equal([unknown?.status, unknown?.body]);
    }
    const [own, unknown] = await Promise.all(['gateway', 'nothing'].map((name) => ask(name, {})));
    expect(own?.status).to.equal(401);
    expect(own?.body).to.equal(unknown?.body);
    // Identity headers of a client are not those of the gateway.
    const lies = { 'x-mcp-tenant': 'platform', 'x-mcp-roles': 'mcp.admin', 'x-mcp-subject': 'ann' };
    const liar = await ask('gateway', { ...callerHeaders({ token: await admin({ roles: [] }) }), ...lies });
    expect(liar.status).to.equal(404);
  });

  it('deny requests that reach their process without the gateway', async () => {
    const secret = readFileSync(join(gateway.stateDir, 'own-tools-secret'), 'utf8').trim();
    expect(statSync(join(gateway.stateDir, 'own-tools-secret')).mode & 0o777).to.equal(0o600);
    const socketPath = join(gateway.stateDir, 'run', 'admin-tools.sock');
    const identity = {
      'x-mcp-subject': 'ann',
      'x-mcp-issuer': 'me',
      'x-mcp-tenant': 'platform',
      'x-mcp-roles': 'mcp.admin',
    };
    const direct = (headers: Record<string, string>, method = 'POST', path = '/mcp') =>
      new Promise<number>((resolve, reject) => {
        const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
        const call = request({ socketPath, path, method, headers: all }, (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
        });
        call.once('error', reject);
        call.end(method === 'POST' ? TOOLS_LIST : undefined);
      });
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    expect(await direct(identity)).to.equal(401);
    expect(await direct({ ...identity, ...bearer(`${secret}x`) })).to.equal(401);
    expect(await direct({ ...identity, ...bearer(ann) })).to.equal(401);
    expect(await direct(identity, 'GET')).to.equal(401);
    expect(await direct(identity, 'GET', '/other')).to.equal(401);
    expect(await direct({}, 'GET', '/healthz')).to.equal(200);
    // A request with the secret is the gateway's, and its identity headers count.
    expect(await direct(bearer(secret))).to.equal(403);
    expect(await direct({ ...identity, ...bearer(secret), 'x-mcp-roles': 'other' })).to.equal(403);
    expect(await direct({ ...identity, ...bearer(secret) })).to.equal(200);
  });

  it("explain sessions and denials of the caller's own tenant only", async () => {
    const connection = await connect(SDK2_AUTO, ann);
    const url = gateway.backendUrl('jira-0');
    const own = await openSession(url, { token: await gateway.token({ tenant: 'platform' }) });
    const foreign = await openSession(url, { token: await gateway.token({ tenant: 'engineering' }) });
    expect(await done(connection, 'explain_session', { sessionId: own.session })).to.include({ backend: 'jira-0' });
    const hidden = await connection.call('explain_session', { sessionId: foreign.session });
    expect(hidden.isError).to.equal(true);
    expect(hidden.content[0]?.text).to.include('not a session id');

    const explained = async (who: string) => {
      const { headers } = await ask('nothing', callerHeaders({ token: await gateway.token({ tenant: who }) }));
      const requestId = String(headers['x-request-id']);
      await eventually(
        () => linesOf('audit.log'),
        (lines) => lines.some((line) => line.requestId === requestId),
      );
      return connection.call('explain_denial', { requestId });
    };
    expect((await explained('platform')).structuredContent).to.include({ reason: 'unknown-backend' });
    const other = await explained('engineering');
    expect(other.isError).to.equal(true);
    expect(other.content[0]?.text).to.include('no decision about the request');
    await connection.client.close();
  });

  it('obey the rules of a tenant like any backend', async () => {
    const rules = [{ backends: ['gateway'], tools: { deny: ['remove_*', 'register_backend'] } }];
    gateway.writeTenants({ tenants: [tenant('platform', { rules }), tenant('engineering')] });
    for (const kind of [SDK1, SDK2_PINNED]) {
      const connection = await connect(kind, ann);
      const names = await eventually(
        async () => (await connection.client.listTools()).tools.map(({ name }) => name),
        (listed) => !listed.includes('remove_backend'),
      );
      expect(names).to.include('list_backends').and.not.include('register_backend');
      const error = await connection.call('remove_backend', { name: 'jira-0' }).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message).to.include('-32011');
      await connection.client.close();
    }
    // The gateway denied it before the tools were called.
    expect(gateway.log.some(({ tool, outcome }) => tool === 'remove_backend' && outcome === 'refused')).to.equal(false);
  });

  it('come back when their process dies', async () => {
    const pid = childOf(gateway.stateDir, 'admin');
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => childrenOf(gateway.stateDir).get('admin'),
      (now) => now !== undefined && now !== pid,
    );
    await eventually(
      async () => (await ask('gateway', callerHeaders({ token: ann }))).status,
      (status) => status === 200,
    );
  });

  it('disappear immediately when they are switched off, and come back', async () => {
    const status = async () => (await ask('gateway', callerHeaders({ token: ann }))).status;
    gateway.writeSettings({});
    await eventually(status, (code) => code === 404);
    expect((await gateway.status()).backends?.map(({ name }) => name)).to.not.include('gateway');
    gateway.writeSettings({ admin: { tenants: ['engineering'] } });
    await eventually(
      async () => (await gateway.status()).backends?.map(({ name }) => name) ?? [],
      (names) => names.includes('gateway'),
    );
    expect(await status()).to.equal(404);
    gateway.writeSettings(SETTINGS);
    await eventually(status, (code) => code === 200);
  });
});

describe('a gateway without the admin tools', function () {
  this.timeout(60_000);
  let gateway: TestGateway;
  before(async () => {
    gateway = await startGateway({ backends: {}, tenants: TENANTS, workers: 1 });
  });
  after(() => gateway.stop());

  it('has none, and reports that switching them on needs a restart', async () => {
    const token = await gateway.token({ tenant: 'platform', roles: ['mcp.admin'] });
    const call = (name: string) =>
      send(gateway.backendUrl(name), {
        headers: { 'content-type': 'application/json', ...callerHeaders({ token }) },
        body: TOOLS_LIST,
      });
    const [own, unknown] = await Promise.all([call('gateway'), call('nothing')]);
    expect([own?.status, own?.body]).to.deep.equal([404, unknown?.body]);
    gateway.writeSettings(SETTINGS);
    const problem = /: admin: /;
    await eventually(
      async () => (await gateway.status()).problems ?? [],
      (problems) => problems.some((line) => problem.test(line)),
    );
    expect((await call('gateway')).status).to.equal(404);
  });
});
