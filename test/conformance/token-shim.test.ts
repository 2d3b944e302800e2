import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { startTokenShim, type TokenShim } from './token-shim.ts';

describe('startTokenShim', () => {
  let target = '';
  let shim: TokenShim;
  let serve: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  const upstream = createServer((incoming, outgoing) => serve(incoming, outgoing));

  before(async () => {
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    target = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    shim = await startTokenShim({ target, path: '/everything/mcp', token: 't0ken' });
  });
  after(async () => {
    await shim.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  async function send(path: string, headers: string[] = [], body = ''): Promise<IncomingMessage> {
    const outgoing = request(new URL(path, shim.url), {
      method: 'POST',
      headers: ['Host', 'evil.example', ...headers],
    });
    outgoing.end(body);
    const [response]: IncomingMessage[] = await once(outgoing, 'response');
    if (response === undefined) throw new Error('no response');
    return response;
  }

  it('maps the path, adds the token and leaves every header unchanged', async () => {
    let seen: { url: string | undefined; headers: string[] } | undefined;
    serve = ({ url, rawHeaders }, outgoing) => {
      seen = { url, headers: rawHeaders };
      outgoing.end();
    };
    const headers = [
      'Origin',
      'http://evil.example',
      'mCP-Method',
      'ping',
      'X-Twice',
      '1',
      'X-Twice',
      '2',
      'Content-Length',
      '2',
      'Connection',
      'close',
    ];
    (await send('/mcp?a=b', headers, '{}')).resume();
    expect(seen).to.deep.equal({
      url: '/everything/mcp?a=b',
      headers: ['Host', 'evil.example', ...headers, 'Authorization', 'Bearer t0ken'],
    });
  });

  it('forwards other paths unchanged', async () => {
    let url: string | undefined;
    serve = (incoming, outgoing) => {
      url = incoming.url;
      outgoing.end();
    };
    (await send('/mcp-metadata')).resume();
    expect(url).to.equal('/mcp-metadata');
  });

  it('returns status line, headers and body unchanged', async () => {
    serve = (incoming, outgoing) => {
      outgoing.sendDate = false;
      outgoing.writeHead(418, 'Teapot', [
        'X-Odd',
        'a',
        'X-Odd',
        'b',
        'Transfer-Encoding',
        'chunked',
        'Connection',
        'close',
      ]);
      incoming.pipe(outgoing);
    };
    const response = await send('/mcp', ['Content-Length', '3'], '\u0000é');
    const body = Buffer.concat(await response.toArray());
    expect([response.statusCode, response.statusMessage]).to.deep.equal([418, 'Teapot']);
    expect(response.rawHeaders).to.deep.equal([
      'X-Odd',
      'a',
      'X-Odd',
      'b',
      'Transfer-Encoding',
      'chunked',
      'Connection',
      'close',
    ]);
    expect(body.toString()).to.equal('\u0000é');
  });

  it('forwards headers and events as they arrive, and a closed connection in both directions', async () => {
    let stream: ServerResponse | undefined;
    serve = (_incoming, outgoing) => {
      stream = outgoing;
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.flushHeaders();
    };
    const quiet = await send('/mcp');
    stream?.write('data: 1\n\n');
    const [event] = await once(quiet, 'data');
    expect(String(event)).to.equal('data: 1\n\n');
    const closed = once(stream as ServerResponse, 'close');
    quiet.destroy();
    await closed;

    const broken = await send('/mcp');
    const failed = once(broken, 'error');
    broken.resume();
    stream?.destroy();
    const [error] = await failed;
    expect(error).to.have.property('code', 'ECONNRESET');
  });
});
