import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { readMessages } from '../../runtime/streamable-http/messages.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { bridgeTo, denialIn, denialOf, eventsOf, fixture, messagesOf, request, type TestBridge } from './support.ts';

const MEBIBYTE = 1024 * 1024;
/** More than the socket buffers hold. */
const LARGE_BYTES = 12 * MEBIBYTE;

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

  /** A GET whose response is not read. */
  const unread = async (lastEventId: string): Promise<IncomingMessage> => {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': lastEventId };
    const asked = get(bridge.url, { headers, agent: false });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  };

  it('do not count cancelled requests that the server never answers', async () => {
    for (const round of [1, 2, 3]) {
      const silent = Array.from({ length: 1_000 }, () => request('silence'));
      const cut = new AbortController();
      const isAccepted = async () => (await bridge.post(silent, session, {}, cut.signal)).status === 200;
      // The bridge notices the end of the previous connection a moment later.
      await eventually(isAccepted, (accepted) => accepted);
      const cancel = ({ id }: { id: number }) => ({
        ...{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } },
      });
      // The connection ends before or after the cancellations.
      if (round === 2) cut.abort();
      await bridge.post(silent.map(cancel), session);
      cut.abort();
    }
    expect((await bridge.ask(session, 'echo', { at: 'last' })).result).to.deep.equal({ at: 'last' });
  });

  it('end an unread GET stream when another connection replaces it', async () => {
    const messages = [{ method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(LARGE_BYTES) } }];
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

  it('allow 8 replays at the same time', async () => {
    const asked = request('big', { length: LARGE_BYTES });
    const events = eventsOf(await bridge.post(asked, session));
    const { value: event } = await events.next();
    const before = `${event?.id.split('.')[0]}.0`;
    const open: IncomingMessage[] = [];
    for (let count = 0; count < 8; count++) open.push(await unread(before));
    expect(open.map(({ statusCode }) => statusCode)).to.deep.equal(Array(8).fill(200));
    const more = await bridge.get(session, { 'last-event-id': before });
    expect(await denialIn(more)).to.deep.equal(denialOf('replays-in-use'));
    for (const response of open) response.destroy();
    const again = await eventually(
      () => bridge.get(session, { 'last-event-id': before }),
      ({ status }) => status === 200,
    );
    expect(await messagesOf(again)).to.have.length(1);
  });

  it('deny requests by DNS rebinding, and allow those through a gateway', async () => {
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

  it('allow 1,024 messages in a batch', () => {
    const batch = (count: number) => `[${Array(count).fill('{"jsonrpc":"2.0","method":"x"}').join()}]`;
    expect(readMessages(batch(1_024))).to.have.length(1_024);
    expect(readMessages(batch(1_025))).to.equal(undefined);
  });
});
