import { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { type Call, callOfLongLine, streamFor } from '../../bridge/calls.ts';
import { EventLog } from '../../runtime/streamable-http/event-log.ts';
import { EventStream } from '../../runtime/streamable-http/event-stream.ts';
import { type Message, readMessages } from '../../runtime/streamable-http/messages.ts';

const log = new EventLog(1_000);

function stream(number: number, connected: boolean): EventStream {
  const made = new EventStream(number, log);
  if (!connected) return made;
  const response = new ServerResponse(Object.create(null));
  made.attach(response, { sessionId: 's', primed: false, onClose: () => {} });
  return made;
}

function call(id: number, connected: boolean, more: Partial<Call> = {}): Call {
  return { id, stream: stream(id, connected), progressToken: undefined, cancelled: false, ...more };
}

function message(method: string, params: object = {}): Message {
  const [read] = readMessages(JSON.stringify({ jsonrpc: '2.0', method, params })) ?? [];
  if (read === undefined) throw new Error('no message');
  return read;
}

describe('bridge/calls', () => {
  const LOG = message('notifications/message');
  const CHANGE = message('notifications/tools/list_changed');
  const PROGRESS = message('notifications/progress', { progressToken: 'p' });
  const tokened = (id: number) => call(id, true, { progressToken: 'p' });
  const rows: [what: string, message: Message, calls: Call[], getConnected: boolean, expected: number][] = [
    ['progress: the stream of the request with its token', PROGRESS, [tokened(1), call(2, true)], true, 1],
    ['progress: that stream even without a connection', PROGRESS, [call(1, false, { progressToken: 'p' })], true, 1],
    ['progress with an unknown token: the GET stream', PROGRESS, [call(1, true), call(2, true)], true, 0],
    ['a log line while one request waits: its stream', LOG, [call(1, true)], true, 1],
    ['a log line while several wait: the GET stream', LOG, [call(1, true), call(2, true)], true, 0],
    [
      'a log line while several wait and there is no GET connection: the newest',
      LOG,
      [call(1, true), call(2, true)],
      false,
      2,
    ],
    ['a log line after a cancelled request: the GET stream', LOG, [call(1, true, { cancelled: true })], true, 0],
    ['a log line while the only request has no connection: the GET stream', LOG, [call(1, false)], true, 0],
    ['a change of lists: the GET stream', CHANGE, [call(1, true)], true, 0],
    ['a change of lists without a GET connection: the newest request', CHANGE, [call(1, true)], false, 1],
    ['anything without a connection: the GET stream', CHANGE, [], false, 0],
  ];
  for (const [what, sent, calls, getConnected, expected] of rows) {
    it(what, () => expect(streamFor(sent, calls, stream(0, getConnected)).number).to.equal(expected));
  }

  it('a batch on one stream counts as one request', () => {
    const shared = stream(5, true);
    const calls = [call(1, true, { stream: shared }), call(2, true, { stream: shared })];
    expect(streamFor(LOG, calls, stream(0, true)).number).to.equal(5);
  });

  describe('finds the call that a dropped line answered', () => {
    const calls = new Map<string | number, Call>([
      [1, call(1, true)],
      ['two', call(2, true)],
    ]);
    const idOf = (head: string, tail: string, among = calls) => callOfLongLine({ head, tail }, among)?.id;

    it('by the id at its beginning', () => {
      expect(idOf('{"jsonrpc":"2.0","id":1,"result":{"id":"two', '}]}}')).to.equal(1);
      expect(idOf('{ "id": "two", "result"', '}')).to.equal(2);
    });
    it('by the id at its end', () => {
      expect(idOf('{"result":{"id":1,', 'xx"}]},"jsonrpc":"2.0","id":"two"}\r')).to.equal(2);
      expect(idOf('{"result":{', '},"id":1,"jsonrpc":"2.0"}')).to.equal(1);
    });
    it('as the only call that waits', () => {
      expect(idOf('{"result":{', '}}', new Map([[9, call(9, true)]]))).to.equal(9);
    });
    it('or finds none', () => {
      expect(idOf('{"result":{"id":1,', '"id":1}]}}')).to.equal(undefined);
      expect(idOf('{"id":7,', '}')).to.equal(undefined);
    });
  });
});
