import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { readMessages } from '../../runtime/streamable-http/messages.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, errorOf, eventsOf, fixture, messagesOf, request, type TestBridge } from './support.ts';

const MEBIBYTE = 1024 * 1024;
/** More than sockets hold. */
const MUCH = 12 * MEBIBYTE;

describe('the limits of a bridge', function () {
  this.timeout(30_000);
  let bridge: TestBridge;
  let session: string;

  before(async () => {
    bridge = await bridgeTo(fixture(), { maxMessageBytes: 32 * MEBIBYTE });
  });
  after(() => bridge?.stop());
  beforeEach(async () => {
    session = await bridge.open();
  });
  afterEach(() => bridge.remove(session));

  /** A GET whose answer nobody reads. */
  const unread = async (lastEventId: string): Promise<IncomingMessage> => {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': lastEventId };
    const asked = get(bridge.url, { headers, agent: false });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  };

  it('are not used up by requests that were called off and that the server never answers', async () => {
    for (const round of [1, 2, 3]) {
      const silent = Array.from({ length: 1_000 }, () => request('silence'));
      const cut = new AbortController();
      const isTaken = async () => (await bridge.post(silent, session, {}, cut.signal)).status === 200;
      // The end of the connection before it takes a moment to be known.
      await eventually(isTaken, (taken) => taken);
      const cancel = ({ id }: { id: number }) => ({
        ...{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } },
      });
      // The connection goes before or after the cancellations.
      if (round === 2) cut.abort();
      await bridge.post(silent.map(cancel), session);
      cut.abort();
    }
    expect((await bridge.ask(session, 'echo', { at: 'last' })).result).to.deep.equal({ at: 'last' });
  });

  it('end a GET stream that is never read once another one takes its place', async () => {
    const messages = [{ method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(MUCH) } }];
    await bridge.post({ jsonrpc: '2.0', method: 'say', params: { messages, mark: 'said' } }, session);
    const listening = await bridge.get(session);
    await eventsOf(listening).next();
    const first = await unread('0.0');
    const closed = new Promise((resolve) => first.once('close', resolve));
    const second = await unread('0.0');
    first.resume();
    await closed;
    expect(first.complete).to.equal(false);
    second.destroy();
  });

  it('send few answers anew at once', async () => {
    const asked = request('big', { length: MUCH });
    const events = eventsOf(await bridge.post(asked, session));
    const { value: event } = await events.next();
    const before = `${event?.id.split('.')[0]}.0`;
    const open: IncomingMessage[] = [];
    for (let count = 0; count < 8; count++) open.push(await unread(before));
    expect(open.map(({ statusCode }) => statusCode)).to.deep.equal(Array(8).fill(200));
    const more = await bridge.get(session, { 'last-event-id': before });
    expect([more.status, (await errorOf(more)).message]).to.deep.equal([
      503,
      'Too many responses are being sent again',
    ]);
    for (const response of open) response.destroy();
    const again = await eventually(
      () => bridge.get(session, { 'last-event-id': before }),
      ({ status }) => status === 200,
    );
    expect(await messagesOf(again)).to.have.length(1);
  });

  it('keep out pages whose name was made to mean this machine, and let in what comes through a gateway', async () => {
    const { port } = new URL(bridge.url);
    const status = async (host: string, origin?: string) => {
      const headers = { host, ...(origin === undefined ? {} : { origin }) };
      const asked = get(`${bridge.origin}/healthz`, { headers, agent: false });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await status(`evil.example:${port}`, `http://evil.example:${port}`)).to.equal(403);
    expect(await status('[', 'http://evil.example')).to.equal(403);
    expect(await status('mcp.example.com', 'https://app.example.com')).to.equal(200);
    expect(await status(`127.0.0.1:${port}`, 'http://localhost:6274')).to.equal(200);
    expect(await status(`localhost:${port}`)).to.equal(200);
    expect(await status(`evil.example:${port}`)).to.equal(200);
  });

  it('take no batch of a million messages apart', () => {
    const batch = (count: number) => `[${Array(count).fill('{"jsonrpc":"2.0","method":"x"}').join()}]`;
    expect(readMessages(batch(1_024))).to.have.length(1_024);
    expect(readMessages(batch(1_025))).to.equal(undefined);
  });
});
