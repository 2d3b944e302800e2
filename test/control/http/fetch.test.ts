import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { serveFetch } from '../../../control/http/fetch.ts';

const EVENT = new TextEncoder().encode('data: 1\n\n');

describe('control/http/fetch', () => {
  let http: Server;
  let reports: unknown[];

  /** Serves with a handler; gives the URL. */
  async function serve(handler: (request: Request) => Promise<Response>): Promise<string> {
    reports = [];
    http = createServer(
      (incoming, outgoing) => void serveFetch(handler, incoming, outgoing, (error) => reports.push(error)),
    );
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/mcp?a=b`;
  }
  afterEach(() => {
    http.closeAllConnections();
    http.close();
  });

  it('hands over method, path, headers and body, and gives status, headers and body back', async () => {
    const url = await serve(async (request) => {
      const { pathname, search } = new URL(request.url);
      const seen = [request.method, pathname + search, request.headers.get('x-test'), await request.text()];
      return Response.json(seen, { status: 202, headers: { 'x-answer': 'yes' } });
    });
    const response = await fetch(url, { method: 'POST', headers: { 'x-test': 'é' }, body: 'ünïcode' });
    expect([response.status, response.headers.get('x-answer')]).to.deep.equal([202, 'yes']);
    expect(await response.json()).to.deep.equal(['POST', '/mcp?a=b', 'é', 'ünïcode']);
  });

  it('sends the headers of a stream before its first byte', async () => {
    let end = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        end = () => controller.close();
      },
    });
    const url = await serve(async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    const response = await fetch(url);
    expect(response.headers.get('content-type')).to.equal('text/event-stream');
    end();
    expect(await response.text()).to.equal('');
  });

  it('breaks a response off when its body fails, so that it does not look complete', async () => {
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        pulls++ === 0 ? controller.enqueue(EVENT) : controller.error(new Error('the body failed')),
    });
    const url = await serve(async () => new Response(body));
    const outcome = await fetch(url)
      .then((response) => response.text())
      .catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(TypeError);
  });

  it('answers 500 when the handler fails', async () => {
    const failure = new Error('the handler failed');
    const url = await serve(async () => {
      throw failure;
    });
    expect((await fetch(url)).status).to.equal(500);
    expect(reports).to.deep.equal([failure]);
  });

  it('aborts the request when the client is gone, and reports nothing', async () => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const url = await serve(async ({ signal }) => {
      signal.addEventListener('abort', () => aborted.resolve());
      started.resolve();
      await aborted.promise;
      throw new Error('aborted');
    });
    const leaving = new AbortController();
    const request = fetch(url, { signal: leaving.signal }).catch(() => undefined);
    await started.promise;
    leaving.abort();
    await Promise.all([request, aborted.promise]);
    expect(reports).to.deep.equal([]);
  });
});
