import { expect } from 'chai';
import { pino } from 'pino';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import {
  type Answer,
  bridgeTo,
  denialIn,
  denialOf,
  eventsOf,
  fixture,
  initialize,
  messagesOf,
  nextMessage,
  request,
  type TestBridge,
} from './support.ts';

const note = (text: string) => ({ method: 'notifications/message', params: { level: 'info', data: text } });
const change = { method: 'notifications/tools/list_changed' };

describe('the streams of a bridge', function () {
  this.timeout(30_000);

  let bridge: TestBridge;
  let session: string;

  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (text) => void logged.push(text) });

  before(async () => {
    bridge = await bridgeTo(fixture(), { log });
  });
  after(() => bridge?.stop());
  beforeEach(async () => {
    session = await bridge.open();
  });
  afterEach(() => bridge.remove(session));

  /** The messages other than requests that the server has received. */
  const seen = async (): Promise<unknown[]> => {
    const { result } = await bridge.ask(session, 'seen');
    return [result?.seen].flat().map((line) => JSON.parse(String(line)));
  };
  /** Makes the server send messages that belong to no request, and waits until the bridge has read them. */
  const say = async (mark: string, messages: object[]) => {
    await bridge.post({ jsonrpc: '2.0', method: 'say', params: { messages, mark } }, session);
    await eventually(
      () => logged.some((line) => line.includes(session.slice(0, 8)) && line.includes(`"line":"${mark}"`)),
      (read) => read,
    );
  };
  const methodsOf = (messages: Answer[]) => messages.map(({ method, id }) => method ?? id);

  it('pass messages unchanged, in both directions', async () => {
    const line =
      '{"jsonrpc":"2.0","id":41,"method":"facts","big":12345678901234567890,"params":{"n":1.0,"t":"\\u00e9\\n"}}';
    const [answer] = await messagesOf(await bridge.post(line, session));
    expect(answer?.result?.line).to.equal(line);
    const odd = '{"id":42,"jsonrpc":"2.0","result":{"n":1.0,"big":12345678901234567890,"t":"\\u00e9"},"more":[]}';
    const response = await bridge.post({ ...request('raw', { text: odd }), id: 42 }, session);
    expect(response.headers.get('content-type')).to.equal('text/event-stream');
    expect((await eventsOf(response).next()).value?.data).to.equal(odd);
  });

  it('pass notifications and unknown methods', async () => {
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 5 } };
    const unknown = { jsonrpc: '2.0', method: 'acme/anything', params: { a: [1] } };
    for (const message of [cancelled, unknown]) expect((await bridge.post(message, session)).status).to.equal(202);
    expect(await seen()).to.deep.equal([cancelled, unknown]);
    expect((await bridge.ask(session, 'acme/unheard-of')).result).to.deep.equal({ method: 'acme/unheard-of' });
  });

  it('carry a request of the server during a request, and the response to it', async () => {
    const events = eventsOf(await bridge.post(request('ask', { method: 'sampling/createMessage' }), session));
    const asked = await nextMessage(events);
    expect(asked).to.include({ method: 'sampling/createMessage' });
    const answered = await bridge.post({ jsonrpc: '2.0', id: asked.id, result: { text: 'forty-two' } }, session);
    expect(answered.status).to.equal(202);
    expect((await nextMessage(events)).result).to.deep.equal({ text: 'forty-two' });
  });

  it('carry messages during the only request on its stream, and changes on the GET stream', async () => {
    const listening = eventsOf(await bridge.get(session));
    const answer = await bridge.post(request('tell', { messages: [note('one'), change, note('two')] }), session);
    const messages = await messagesOf(answer);
    expect(methodsOf(messages.slice(0, -1))).to.deep.equal(['notifications/message', 'notifications/message']);
    expect(await nextMessage(listening)).to.include({ method: change.method });
    await listening.return(undefined);
  });

  it('carry progress on the stream of its request', async () => {
    const progress = (token: string) => ({
      method: 'notifications/progress',
      params: { progressToken: token, progress: 1 },
    });
    const waiting = await Promise.all(
      ['p', 'q'].map((progressToken) => bridge.post(request('silence', { _meta: { progressToken } }), session)),
    );
    const streams = waiting.map((response) => eventsOf(response));
    await bridge.ask(session, 'tell', { messages: [progress('q'), progress('p')] });
    const tokens = await Promise.all(streams.map(async (events) => (await nextMessage(events)).params?.progressToken));
    expect(tokens).to.deep.equal(['p', 'q']);
  });

  it('keep messages for the GET stream while the client has no connection', async () => {
    await say('early', [change, note('second')]);
    const listening = eventsOf(await bridge.get(session));
    expect(await nextMessage(listening)).to.include({ method: change.method });
    expect((await nextMessage(listening)).params).to.include({ data: 'second' });
    await listening.return(undefined);
  });

  it('carry nothing on the stream of a cancelled request', async () => {
    const silent = request('silence');
    const waiting = await bridge.post(silent, session);
    const params = { requestId: silent.id };
    await bridge.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, session);
    const listening = eventsOf(await bridge.get(session));
    await say('later', [note('after the end')]);
    expect((await nextMessage(listening)).params).to.include({ data: 'after the end' });
    await waiting.body?.cancel();
    await listening.return(undefined);
  });

  it('carry the responses to a batch on one stream, which ends with the last', async () => {
    const batch = [request('echo', { n: 1 }), { jsonrpc: '2.0', method: 'notifications/x' }, request('echo', { n: 2 })];
    const messages = await messagesOf(await bridge.post(batch, session));
    expect(messages.map(({ result }) => result)).to.deep.equal([{ n: 1 }, { n: 2 }]);
    expect(await seen()).to.have.length(1);
  });

  it('resume after a broken connection', async () => {
    const cut = new AbortController();
    const asking = request('ask', { method: 'roots/list' });
    const first = eventsOf(await bridge.post(asking, session, {}, cut.signal));
    const { value: event } = await first.next();
    const { id } = JSON.parse(event?.data ?? '') as Answer;
    cut.abort();
    await bridge.post({ jsonrpc: '2.0', id, result: { roots: [] } }, session);
    const resumed = await bridge.get(session, { 'last-event-id': event?.id ?? '' });
    expect(await messagesOf(resumed)).to.deep.equal([{ jsonrpc: '2.0', id: asking.id, result: { roots: [] } }]);
    // A client that loses this connection too can resume again.
    const again = await bridge.get(session, { 'last-event-id': event?.id ?? '' });
    expect(await messagesOf(again)).to.have.length(1);
  });

  it('begin with an event id to resume from, for clients of 2025-11-25', async () => {
    const revision = { 'mcp-protocol-version': '2025-11-25' };
    const cut = new AbortController();
    const asking = request('silence');
    const { value: event } = await eventsOf(await bridge.post(asking, session, revision, cut.signal)).next();
    expect(event?.data).to.equal('');
    cut.abort();
    const resumed = eventsOf(await bridge.get(session, { 'last-event-id': event?.id ?? '' }));
    await bridge.post(request('raw', { text: JSON.stringify({ jsonrpc: '2.0', id: asking.id, result: {} }) }), session);
    expect(await nextMessage(resumed)).to.deep.equal({ jsonrpc: '2.0', id: asking.id, result: {} });
    const older = eventsOf(await bridge.post(request('echo', { a: 1 }), session));
    expect((await older.next()).value?.data).to.not.equal('');
  });

  it('resume the GET stream with the missed messages', async () => {
    const cut = new AbortController();
    const first = eventsOf(await bridge.get(session, {}, cut.signal));
    await say('received', [note('received')]);
    const { value: event } = await first.next();
    cut.abort();
    await say('missed', [note('missed'), change]);
    const resumed = eventsOf(await bridge.get(session, { 'last-event-id': event?.id ?? '' }));
    expect((await nextMessage(resumed)).params).to.include({ data: 'missed' });
    expect(await nextMessage(resumed)).to.include({ method: change.method });
    await resumed.return(undefined);
  });

  it('go to the newest GET, which ends an earlier one', async () => {
    const first = await bridge.get(session);
    const second = await bridge.get(session);
    expect([first.status, second.status]).to.deep.equal([200, 200]);
    expect(await messagesOf(first)).to.deep.equal([]);
    await say('newest', [change]);
    const events = eventsOf(second);
    expect(await nextMessage(events)).to.include({ method: change.method });
    await events.return(undefined);
  });

  it('deny unknown positions', async () => {
    const listening = await bridge.get(session);
    const denials = await Promise.all(
      [{ 'last-event-id': '77.1' }, { 'last-event-id': 'x' }].map(async (headers) =>
        denialIn(await bridge.get(session, headers)),
      ),
    );
    const reasons = ['nothing-to-resume', 'unknown-event-id'] as const;
    expect(denials).to.deep.equal(reasons.map((reason) => denialOf(reason)));
    await listening.body?.cancel();
  });

  it('lose nothing when messages arrive faster than they are read', async () => {
    const messages = Array.from({ length: 400 }, (_, index) => note(`${index} ${'x'.repeat(9_000)}`));
    const response = await bridge.post(request('tell', { messages }), session);
    const numbers: number[] = [];
    for (const { params } of await messagesOf(response)) {
      if (params !== undefined) numbers.push(Number.parseInt(String(params.data), 10));
    }
    expect(numbers).to.deep.equal([...messages.keys()]);
  });

  it('end when the session ends', async () => {
    const listening = await bridge.get(session);
    await bridge.remove(session);
    expect(await messagesOf(listening)).to.deep.equal([]);
    session = (await bridge.post(initialize())).headers.get('mcp-session-id') ?? '';
  });
});
