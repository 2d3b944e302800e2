import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { USER_HEADER } from '../../core/registry/upstream.ts';
import { fixture, initialize, messagesOf, request } from '../bridge/support.ts';
import { childOf, runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

describe('a gateway in front of stdio servers', function () {
  this.timeout(60_000);

  let gateway: TestGateway;
  let token: string;

  const stdio = (name: string, more: Document = {}): Document => ({
    name,
    transport: 'stdio',
    command: fixture(),
    healthCheck: { interval: '500ms', timeout: '500ms' },
    ...more,
  });
  const send = (name: string, body: object, session?: string, more: Record<string, string> = {}) =>
    fetch(gateway.backendUrl(name), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
        ...more,
      },
      body: JSON.stringify(body),
    });
  const open = async (name: string) => {
    const response = await send(name, initialize());
    await response.text();
    if (response.status !== 200) throw new Error(`initialize was answered ${response.status}`);
    return response.headers.get('mcp-session-id') ?? '';
  };
  const openSoon = (name: string) =>
    eventually(
      () => open(name),
      () => true,
    );
  const factsOf = async (name: string, session: string) => {
    const response = await send(name, request('facts'), session);
    if (response.status !== 200) throw new Error(`facts were answered ${response.status}`);
    const [answer] = await messagesOf(response);
    return { pid: Number(answer?.result?.pid), env: answer?.result?.env as Record<string, string> };
  };
  const gone = (pid: number) =>
    eventually(
      () => runs(pid),
      (alive) => !alive,
    );
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);

  before(async () => {
    gateway = await startGateway({
      backends: {
        plain: stdio('plain', { env: { GREETING: 'hello' }, replicas: 2, path: '/deep/mcp' }),
        stubborn: stdio('stubborn', { command: fixture('--stubborn', '--grandchild') }),
        tiny: stdio('tiny', {
          command: ['sh', 'test/fixtures/stdio-server/tiny.sh'],
          replicas: 2,
          stdio: { maxSessions: 200 },
        }),
        small: stdio('small', { stdio: { maxSessions: 1 } }),
        shared: stdio('shared', { stdio: { maxSessions: 4 } }),
      },
    });
    token = await gateway.token();
  });
  after(() => gateway?.stop());

  it("gives each session a process of its own, with only the backend's environment", async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => open('plain')));
    const facts = await Promise.all(sessions.map((session) => factsOf('plain', session)));
    expect(new Set(facts.map(({ pid }) => pid)).size).to.equal(4);
    const [{ env } = { env: {} }] = facts;
    expect(env).to.include({ GREETING: 'hello' });
    expect(env).to.not.have.any.keys('PORT', 'NODE_CHANNEL_FD', 'ENVOY_PATH');
    // Each stays with its process, on whichever replica.
    for (const [index, session] of sessions.entries()) {
      expect((await factsOf('plain', session)).pid).to.equal(facts[index]?.pid);
    }
  });

  it('holds a hundred sessions at once, over two replicas', async () => {
    const sessions = await Promise.all(Array.from({ length: 100 }, () => open('tiny')));
    const pids = await Promise.all(
      sessions.map(async (session) => {
        const [answer] = await messagesOf(await send('tiny', request('anything'), session));
        return Number(answer?.result?.pid);
      }),
    );
    expect(new Set(pids).size).to.equal(100);
    expect(pids.every(runs)).to.equal(true);
  });

  it('ends the process when the client ends the session', async () => {
    const session = await open('plain');
    const { pid } = await factsOf('plain', session);
    const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': session };
    expect((await fetch(gateway.backendUrl('plain'), { method: 'DELETE', headers })).status).to.equal(200);
    expect(runs(pid)).to.equal(false);
    const after = await send('plain', request('facts'), session);
    expect(after.status).to.equal(404);
    expect(await after.json()).to.have.nested.property('error.code', -32001);
  });

  it('reports a crashed process to its client, then answers that there is no such session', async () => {
    const session = await open('plain');
    const [crashed] = await messagesOf(await send('plain', request('crash'), session));
    expect(crashed?.error?.message).to.include('exit code 4');
    const after = await send('plain', request('facts'), session);
    expect(after.status).to.equal(404);
    expect(await after.json()).to.have.nested.property('error.code', -32001);
  });

  it('passes on that all sessions are in use', async () => {
    await open('small');
    const denied = await send('small', initialize());
    expect(denied.status).to.equal(503);
    expect(await denied.json()).to.have.nested.property('error.code', -32014);
  });

  it('leaves sessions to others, whatever one user opens and claims to be', async () => {
    const openings = async (more: (time: number) => Record<string, string>) => {
      const statuses: number[] = [];
      for (let time = 0; time < 4; time += 1) {
        const response = await send('shared', initialize(), undefined, more(time));
        await response.text();
        statuses.push(response.status);
      }
      return statuses;
    };
    expect(await openings((time) => ({ [USER_HEADER]: `user-${time}` }))).to.deep.equal([200, 200, 429, 429]);
    const other = await gateway.token({ subject: 'another' });
    expect(await openings(() => ({ authorization: `Bearer ${other}` }))).to.deep.equal([200, 429, 429, 429]);
  });

  it('lets a session use the revision that its server chose, and its newest GET stream', async () => {
    const opened = await send('plain', initialize(1, '2024-11-05'));
    await opened.text();
    const session = opened.headers.get('mcp-session-id') ?? '';
    const headers = { 'mcp-protocol-version': '2024-11-05' };
    const answer = await send('plain', request('x'), session, headers);
    await answer.text();
    expect(answer.status).to.equal(200);
    const listen = () =>
      fetch(gateway.backendUrl('plain'), {
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          'mcp-session-id': session,
          accept: 'text/event-stream',
        },
      });
    const [first, second] = [await listen(), await listen()];
    expect([first.status, second.status]).to.deep.equal([200, 200]);
    expect(await messagesOf(first)).to.deep.equal([]);
    await second.body?.cancel();
  });

  it('ends what a server started outside its group with its session', async () => {
    const session = await open('plain');
    const pids = await Promise.all(
      ['detached', 'bare', 'orphan'].map(async (how) => {
        const [answer] = await messagesOf(await send('plain', request('leave', { how, stubborn: true }), session));
        return Number(answer?.result?.pid);
      }),
    );
    expect(pids.every(runs)).to.equal(true);
    const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': session };
    expect((await fetch(gateway.backendUrl('plain'), { method: 'DELETE', headers })).status).to.equal(200);
    expect(pids.filter(runs)).to.deep.equal([]);
  });

  it('reports that a program is missing', async () => {
    gateway.writeBackend('missing', stdio('missing', { command: ['no-such-program'] }));
    const told = async () => (await statusOf('missing'))?.reasons?.join('\n') ?? '';
    expect(await eventually(told, (text) => text.includes('503'))).to.include('/healthz answered 503');
    expect(gateway.log.some(({ msg }) => String(msg).includes('no-such-program'))).to.equal(true);
    gateway.removeBackend('missing');
  });

  it("logs what a server writes to stderr, in the gateway's format", async () => {
    const session = await open('plain');
    await messagesOf(await send('plain', request('crash'), session));
    const line = await eventually(
      () => gateway.log.find(({ msg }) => msg === 'out of luck'),
      (found) => found !== undefined,
    );
    expect(line?.name).to.match(/^plain-\d$/);
    expect(line?.session).to.match(/^.{8}$/);
  });

  it('ends what a killed bridge leaves behind, and continues with a new one', async () => {
    const session = await open('stubborn');
    const { pid } = await factsOf('stubborn', session);
    const records = join(gateway.stateDir, 'bridges', 'stubborn-0.json');
    expect(JSON.parse(readFileSync(records, 'utf8'))).to.have.nested.property('[0].pid', pid);
    process.kill(childOf(gateway.stateDir, 'stubborn-0'), 'SIGKILL');
    await gone(pid);
    const next = await openSoon('stubborn');
    expect((await send('stubborn', request('facts'), session)).status).to.equal(404);
    expect((await factsOf('stubborn', next)).pid).to.not.equal(pid);
  });

  it('keeps sessions when the settings of the bridge change', async () => {
    gateway.writeBackend('changing', stdio('changing', { drain: '1h' }));
    const session = await openSoon('changing');
    const { pid } = await factsOf('changing', session);
    gateway.writeBackend('changing', stdio('changing', { drain: '1h', stdio: { idle: '5m' } }));
    await eventually(
      () => statusOf('changing'),
      (status) => status?.endpoints?.map(({ health }) => health).join() === 'draining,healthy',
    );
    expect((await factsOf('changing', session)).pid).to.equal(pid);
  });

  it('leaves no process behind when it ends', async () => {
    const pids = await Promise.all(
      ['plain', 'stubborn'].map(async (name) => (await factsOf(name, await openSoon(name))).pid),
    );
    await gateway.stop();
    expect(pids.filter(runs)).to.deep.equal([]);
  });
});
