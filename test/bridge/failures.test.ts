import { expect } from 'chai';
import { pino } from 'pino';
import type { BridgeOptions } from '../../bridge/bridge.ts';
import { SESSION_END } from '../../bridge/session-end.ts';
import { deny } from '../../core/mcp/denial.ts';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, denialIn, denialOf, errorOf, fixture, initialize, request, type TestBridge } from './support.ts';

describe('failures at a bridge', function () {
  this.timeout(30_000);

  const started: TestBridge[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (text) => void lines.push(JSON.parse(text)) });
  const start = async (command: [string, ...string[]], more: Partial<BridgeOptions> = {}) => {
    const one = await bridgeTo(command, { log, ...more });
    started.push(one);
    return one;
  };
  const logged = (text: string) =>
    eventually(
      () => lines.find((line) => JSON.stringify(line).includes(text)),
      (line) => line !== undefined,
    );
  beforeEach(() => lines.splice(0));
  after(() => Promise.all(started.map((one) => one.stop())));

  it('a program that does not exist is reported in the log, to health checks and to clients', async () => {
    const bridge = await start(['no-such-program', 'x'], { maxSessions: 1 });
    const why = 'the program no-such-program was not found';
    await logged(why);
    const health = await fetch(`${bridge.origin}/healthz`);
    expect([health.status, await health.text()]).to.deep.equal([503, `${why}\n`]);
    const response = await bridge.post(initialize(5));
    expect(response.status).to.equal(502);
    const { error } = deny('server-not-started', { values: { why } });
    expect(await response.json()).to.deep.equal({ jsonrpc: '2.0', id: 5, error });
    expect((await bridge.post(initialize())).status, 'does not count as a session').to.equal(502);
  });

  it('a server that ends immediately: the client gets the reason, without secrets of the environment', async () => {
    const env = { PATH: process.env.PATH, DATABASE: 'db.example:hunter2!' };
    const bridge = await start(fixture('--fail'), { env, maxSessions: 1 });
    for (let count = 0; count < 2; count++) {
      const response = await bridge.post(initialize());
      const why = `${SESSION_END.exited({ code: 3, signal: null })}: no database at ***\ngiving up`;
      expect(await denialIn(response)).to.deep.equal(denialOf('server-failed', { why }));
    }
  });

  it('a server that never answers initialize is ended', async () => {
    const bridge = await start(fixture('--mute'), { startMs: 300 });
    const response = await bridge.post(initialize());
    const why = SESSION_END.initializeTimeout(300);
    expect(await denialIn(response)).to.deep.equal(denialOf('server-timeout', { why }));
  });

  it('a client that disconnects before its session is open leaves no process', async () => {
    const bridge = await start(fixture('--mute'), { maxSessions: 1 });
    const leaving = new AbortController();
    const response = bridge.post(initialize(), undefined, {}, leaving.signal).catch(() => 'gone');
    const status = () => bridge.post(initialize(2)).then((second) => second.status);
    await eventually(status, (code) => code === 503);
    leaving.abort();
    expect(await response).to.equal('gone');
    // A new session can open once that process has ended.
    const again = new AbortController();
    const next = bridge.post(initialize(3), undefined, {}, again.signal).catch(() => 'gone');
    await eventually(status, (code) => code === 503);
    again.abort();
    await next;
  });

  it('initialize that the server answers with an error opens no session', async () => {
    const answer = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}';
    const bridge = await start(['sh', '-c', `read line; echo '${answer}'; cat > /dev/null`], { maxSessions: 1 });
    const response = await bridge.post(initialize());
    expect([response.status, response.headers.get('mcp-session-id')]).to.deep.equal([200, null]);
    expect(await response.text()).to.equal(answer);
    await eventually(
      () => bridge.post(initialize()).then(({ status }) => status),
      (status) => status === 200,
    );
  });

  it('lines on stdout that are not JSON-RPC are logged and skipped', async () => {
    const bridge = await start(fixture('--noise'));
    const session = await bridge.open();
    expect((await bridge.ask(session, 'echo', { a: 1 })).result).to.deep.equal({ a: 1 });
    for (const noise of ['Server starting...', '{broken']) {
      expect(await logged(noise)).to.include({ session: session.slice(0, 8) });
    }
  });

  it('lines on stderr are logged with the short id of the session', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    await bridge.ask(session, 'crash');
    expect(await logged('out of luck')).to.include({ session: session.slice(0, 8) });
    expect(JSON.stringify(lines)).to.not.include(session);
  });

  it('a response above the limit becomes an error of its request, and the session continues', async () => {
    const bridge = await start(fixture(), { maxMessageBytes: 100_000 });
    const session = await bridge.open();
    const [big, silent] = [bridge.ask(session, 'big', { length: 100_001 }), bridge.ask(session, 'silence')];
    expect((await big).error).to.deep.equal({ code: -32603, message: 'The answer is larger than 100000 bytes' });
    expect((await bridge.ask(session, 'echo', { a: 1 })).result).to.deep.equal({ a: 1 });
    await bridge.remove(session);
    expect((await silent).error?.message).to.equal(SESSION_END.deleted);
  });

  it('a message above the limit is denied, and one just below it passes in both directions', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    const text = 'é'.repeat(2 * 1024 * 1024 - 200);
    expect((await bridge.ask(session, 'echo', { text })).result).to.deep.equal({ text });
    const denied = await bridge.post(request('echo', { text: `${text}${'x'.repeat(400)}` }), session);
    expect(await denialIn(denied)).to.deep.equal(denialOf('message-too-large', { maxBytes: 4_194_304 }));
  });

  it('messages do not pile up when the server does not read', async () => {
    const answer = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const bridge = await start(['sh', '-c', `read line; echo '${answer}'; exec sleep 600`], {
      maxMessageBytes: 200_000,
    });
    const session = await bridge.open();
    const note = { jsonrpc: '2.0', method: 'notifications/x', params: { text: 'x'.repeat(150_000) } };
    const statuses: number[] = [];
    while (!statuses.includes(503) && statuses.length < 20) statuses.push((await bridge.post(note, session)).status);
    expect(statuses.slice(0, -1)).to.include(202).and.not.include(503);
    expect(statuses.at(-1)).to.equal(503);
  });

  for (const [what, body, status, code] of [
    ['a body that is not JSON', '{', 400, -32700],
    ['a body that is not JSON-RPC', '{"id":1}', 400, -32700],
    ['a batch with initialize', [initialize(), request('ping')], 400, -32600],
    ['a request without a session', request('tools/list'), 400, -32000],
    ['a session that does not exist', request('tools/list'), 404, -32001],
  ] as const) {
    it(`${what} is denied with ${status}`, async () => {
      const [bridge] = started;
      const session = what.startsWith('a session') ? 'x'.repeat(32) : undefined;
      const response = await bridge?.post(body, session);
      expect(response?.status).to.equal(status);
      expect(response && (await errorOf(response)).code).to.equal(code);
    });
  }

  it('other methods, types and revisions are denied as the specification requires', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    const status = async (response: Promise<Response>) => (await response).status;
    expect(await status(fetch(bridge.url, { method: 'PUT' }))).to.equal(405);
    expect(await status(fetch(`${bridge.origin}/other`))).to.equal(404);
    expect(await status(bridge.post(request('x'), session, { 'content-type': 'text/plain' }))).to.equal(415);
    expect(await status(bridge.post(request('x'), session, { accept: 'application/json' }))).to.equal(406);
    expect(await status(bridge.get(session, { accept: 'application/json' }))).to.equal(406);
    expect(await status(bridge.post(request('x'), session, { 'mcp-protocol-version': '2024-11-05' }))).to.equal(400);
    const [twice] = [request('silence')];
    const first = bridge.post(twice, session);
    expect(await status(first)).to.equal(200);
    expect(await status(bridge.post(twice, session)), 'an id that is in use').to.equal(400);
  });

  it('a session accepts the revision that its server chose, and no other unknown one', async () => {
    const bridge = await start(fixture());
    const opened = await bridge.post(initialize(1, '2024-11-05'));
    await opened.text();
    const session = opened.headers.get('mcp-session-id') ?? '';
    const statusWith = async (revision: string, of = session) => {
      const response = await bridge.post(request('x'), of, { 'mcp-protocol-version': revision });
      await response.text();
      return response.status;
    };
    expect(await statusWith('2024-11-05')).to.equal(200);
    expect(await statusWith('1999-01-01')).to.equal(400);
    expect(await statusWith('2024-11-05', 'x'.repeat(32)), 'a session that is gone').to.equal(404);
  });

  for (const [what, body, accept, status] of [
    ['a request, with both types in another case', request('x'), 'APPLICATION/JSON, Text/Event-Stream', 200],
    ['a request, with ranges', request('x'), 'application/*;q=0.5, text/*', 200],
    ['a request, with one type ruled out', request('x'), 'application/json, text/event-stream;q=0', 406],
    ['a request, with a type that contains another', request('x'), 'application/json-seq, text/event-stream', 406],
    ['a notification, which has no answer', { jsonrpc: '2.0', method: 'notifications/x' }, 'application/json', 202],
  ] as const) {
    it(`Accept is read as RFC 9110 says: ${what}`, async () => {
      const bridge = await start(fixture());
      const response = await bridge.post(body, await bridge.open(), { accept });
      await response.text();
      expect(response.status).to.equal(status);
    });
  }

  it('initialize, which is answered in JSON, needs no other type', async () => {
    const bridge = await start(fixture());
    const response = await bridge.post(initialize(), undefined, { accept: 'application/json' });
    await response.text();
    expect(response.status).to.equal(200);
  });

  it('a request of a revision without sessions gets the answer of an older server', async () => {
    const bridge = await start(fixture());
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const discover = request('server/discover', { _meta: meta });
    const response = await bridge.post(discover, undefined, { 'mcp-protocol-version': '2026-07-28' });
    expect(response.status).to.equal(400);
    const { error } = deny('missing-session');
    expect(await response.json()).to.deep.equal({ jsonrpc: '2.0', id: discover.id, error });
  });

  it('a bridge that ended leaves nothing behind', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    const { result } = await bridge.ask(session, 'facts');
    await bridge.stop();
    expect(runs(Number(result?.pid))).to.equal(false);
  });
});
