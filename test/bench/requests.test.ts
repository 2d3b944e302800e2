import { expect } from 'chai';
import { callMessage, callRequests, renderFrames, renderRequest } from '../../bench/load/requests.ts';

describe('the requests of the load', () => {
  it('are HTTP/1.1 with the length of the body in bytes', () => {
    const request = renderRequest('http://127.0.0.1:81/a/mcp', { authorization: 'Bearer t' }, '{"a":"é"}');
    expect(request).to.equal(
      'POST /a/mcp HTTP/1.1\r\nhost: 127.0.0.1:81\r\nauthorization: Bearer t\r\ncontent-length: 10\r\n\r\n{"a":"é"}',
    );
  });

  it('reject a header value with a line break', () => {
    expect(() => renderRequest('http://127.0.0.1:81/mcp', { 'x-a': 'b\r\nx-c: d' }, '')).to.throw('header x-a');
  });

  it('have the session and the headers of the chain, and an id of their own', () => {
    const chain = {
      name: 'any',
      url: 'http://127.0.0.1:81/mcp',
      headers: (session?: string) => ({ authorization: 'Bearer t', 'mcp-session-id': session ?? '' }),
      stop: async () => {},
    };
    const [first = '', second = ''] = callRequests(chain, ['one', 'two']);
    expect(first).to.include('\r\nmcp-session-id: one\r\n').and.to.include('\r\nauthorization: Bearer t\r\n');
    expect(first).to.include('\r\nmcp-protocol-version: 2025-11-25\r\n');
    expect(second).to.include('\r\nmcp-session-id: two\r\n');
    expect(second.endsWith(`\r\n\r\n${callMessage(2)}`)).to.equal(true);
  });

  it('are framed by their length in bytes', () => {
    expect(renderFrames(['ab', 'é\n'])).to.equal('2\nab3\né\n');
  });
});
