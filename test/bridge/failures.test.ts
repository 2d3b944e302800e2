import { expect } from 'chai';
import { pino } from 'pino';
import type { BridgeOptions } from '../../bridge/bridge.ts';
import { runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, errorOf, fixture, initialize, request, type TestBridge } from './support.ts';

describe('what goes wrong at a bridge', function () {
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

  it('a program that is not there: said at the start, to health checks and to clients', async () => {
    const bridge = await start(['no-such-program', 'x']);
    await logged('the program no-such-program was not found');
    const health = await fetch(`${bridge.origin}/healthz`);
    expect([health.status, await health.text()]).to.deep.equal([503, 'the program no-such-program was not found\n']);
    const response = await bridge.post(initialize(5));
    expect(response.status).to.equal(502);
    expect(await response.json()).to.deep.equal({
      jsonrpc: '2.0',
      id: 5,
      error: { code: -32603, message: 'The MCP server cannot be started: the program no-such-program was not found' },
    });
    expect((await bridge.post(initialize())).status, 'its place is free again').to.equal(502);
  });

  it('a server that ends at once: the client reads why, without the secrets of the environment', async () => {
    const env = { PATH: process.env.PATH, DATABASE: 'db.example:hunter2!' };
    const bridge = await start(fixture('--fail'), { env, maxSessions: 1 });
    for (let count = 0; count < 2; count++) {
      const response = await bridge.post(initialize());
      expect(response.status).to.equal(502);
      expect((await errorOf(response)).message).to.equal(
        'The MCP server failed: the server process ended (exit code 3): no database at ***\ngiving up',
      );
    }
  });

  it('a server that never answers initialize is ended', async () => {
    const bridge = await start(fixture('--mute'), { startMs: 300 });
    const response = await bridge.post(initialize());
    expect(response.status).to.equal(504);
    expect((await errorOf(response)).message).to.match(/^The MCP server failed: the server did not answer initialize/);
  });

  it('a client that goes before it has its session leaves no process', async () => {
    const bridge = await start(fixture('--mute'), { maxSessions: 1 });
    const leaving = new AbortController();
    const response = bridge.post(initialize(), undefined, {}, leaving.signal).catch(() => 'gone');
    const refused = () => bridge.post(initialize(2)).then((second) => second.status);
    await eventually(refused, (status) => status === 503);
    leaving.abort();
    expect(await response).to.equal('gone');
    // Its place is free once the process has ended.
    const again = new AbortController();
    const next = bridge.post(initialize(3), undefined, {}, again.signal).catch(() => 'gone');
    await eventually(refused, (status) => status === 503);
    again.abort();
    await next;
  });

  it('initialize that the server refuses opens no session', async () => {
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

  it('noise on stdout is logged and passed over', async () => {
    const bridge = await start(fixture('--noise'));
    const session = await bridge.open();
    expect((await bridge.ask(session, 'echo', { a: 1 })).result).to.deep.equal({ a: 1 });
    for (const noise of ['Server starting...', '{broken']) {
      expect(await logged(noise)).to.include({ session: session.slice(0, 8) });
    }
  });

  it('what a server says on stderr is logged with the short id of its session', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    await bridge.ask(session, 'crash');
    expect(await logged('out of luck')).to.include({ session: session.slice(0, 8) });
    expect(JSON.stringify(lines)).to.not.include(session);
  });

  it('an answer that is too large becomes an error of its request, and the session goes on', async () => {
    const bridge = await start(fixture(), { maxMessageBytes: 100_000 });
    const session = await bridge.open();
    const [big, silent] = [bridge.ask(session, 'big', { length: 100_001 }), bridge.ask(session, 'silence')];
    expect((await big).error).to.deep.equal({ code: -32603, message: 'The answer is larger than 100000 bytes' });
    expect((await bridge.ask(session, 'echo', { a: 1 })).result).to.deep.equal({ a: 1 });
    await bridge.remove(session);
    expect((await silent).error?.message).to.equal('the client ended the session');
  });

  it('a message that is too large is refused with 413, and one of nearly the limit passes in both directions', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    const text = 'é'.repeat(2 * 1024 * 1024 - 200);
    expect((await bridge.ask(session, 'echo', { text })).result).to.deep.equal({ text });
    const refused = await bridge.post(request('echo', { text: `${text}${'x'.repeat(400)}` }), session);
    expect(refused.status).to.equal(413);
    expect((await errorOf(refused)).message).to.equal('The message is larger than 4194304 bytes');
  });

  it('messages pile up nowhere when the server does not read', async () => {
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
    ['no JSON', '{', 400, -32700],
    ['no JSON-RPC', '{"id":1}', 400, -32700],
    ['a batch with initialize', [initialize(), request('ping')], 400, -32600],
    ['a request without a session', request('tools/list'), 400, -32000],
    ['a session that never was', request('tools/list'), 404, -32001],
  ] as const) {
    it(`${what} is refused with ${status}`, async () => {
      const [bridge] = started;
      const session = what.startsWith('a session') ? 'x'.repeat(32) : undefined;
      const response = await bridge?.post(body, session);
      expect(response?.status).to.equal(status);
      expect(response && (await errorOf(response)).code).to.equal(code);
    });
  }

  it('other methods, types and revisions are refused as the specification says', async () => {
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

  it('a request of a revision without sessions is answered as an old server does', async () => {
    const bridge = await start(fixture());
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const discover = request('server/discover', { _meta: meta });
    const response = await bridge.post(discover, undefined, { 'mcp-protocol-version': '2026-07-28' });
    expect(response.status).to.equal(400);
    expect(await response.json()).to.deep.equal({
      jsonrpc: '2.0',
      id: discover.id,
      error: { code: -32000, message: 'Bad Request: Mcp-Session-Id header is required' },
    });
  });

  it('nothing is left of a bridge that ended', async () => {
    const bridge = await start(fixture());
    const session = await bridge.open();
    const { result } = await bridge.ask(session, 'facts');
    await bridge.stop();
    expect(runs(Number(result?.pid))).to.equal(false);
  });
});
