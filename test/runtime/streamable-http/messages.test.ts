import { expect } from 'chai';
import { readMessages } from '../../../runtime/streamable-http/messages.ts';

describe('runtime/streamable-http/messages', () => {
  it('distinguishes requests, notifications and responses', () => {
    const kinds = [
      '{"jsonrpc":"2.0","id":0,"method":"ping"}',
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","id":"a","result":{}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}',
    ].map((text) => readMessages(text)?.map(({ kind, id }) => [kind, id]));
    expect(kinds).to.deep.equal([
      [['request', 0]],
      [['notification', undefined]],
      [['response', 'a']],
      [['response', undefined]],
    ]);
  });

  it('keeps every character of a message except line breaks', () => {
    const text =
      '{\r\n "id": 12345678901234567890,\n"jsonrpc":"2.0","method":"x","odd":1.0,"params":{"e":1e400,"s":"\\n\\u00e9"}}\n';
    expect(readMessages(text)?.map(({ line }) => line)).to.deep.equal([
      '{  "id": 12345678901234567890, "jsonrpc":"2.0","method":"x","odd":1.0,"params":{"e":1e400,"s":"\\n\\u00e9"}}',
    ]);
  });

  it('splits a batch into its members', () => {
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
    ];
    expect(readMessages(JSON.stringify(batch, null, 2))?.map(({ line }) => JSON.parse(line))).to.deep.equal(batch);
  });

  it('reads tokens and ids, and ignores members of another type', () => {
    const read = (message: object) => readMessages(JSON.stringify({ jsonrpc: '2.0', ...message }))?.[0];
    expect(read({ id: 1, method: 'tools/call', params: { _meta: { progressToken: 't' } } })).to.include({
      progressToken: 't',
    });
    expect(read({ method: 'notifications/progress', params: { progressToken: 7 } })).to.include({ progressToken: 7 });
    expect(read({ method: 'notifications/cancelled', params: { requestId: 'r' } })).to.include({ requestId: 'r' });
    expect(read({ id: 1, method: 'x', params: [1, 2] })).to.include({ kind: 'request' });
    expect(read({ id: 1, method: 'x', params: { _meta: { progressToken: {} } } })).to.include({ kind: 'request' });
  });

  for (const text of [
    '',
    'Server is running',
    '[]',
    '[1]',
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"1.0","id":1,"method":"x"}',
    '{"jsonrpc":"2.0","id":{},"method":"x"}',
    '[{"jsonrpc":"2.0","id":1,"method":"x"},5]',
  ]) {
    it(`reads no message from ${text === '' ? 'an empty text' : text}`, () => {
      expect(readMessages(text)).to.equal(undefined);
    });
  }

  it('rejects a batch that is nested too deep to be written again', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(readMessages(`[{"jsonrpc":"2.0","id":1,"result":${deep}}]`)).to.equal(undefined);
  });
});
