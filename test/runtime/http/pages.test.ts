import { request, type Server } from 'node:http';
import { expect } from 'chai';
import { createPageServer, jsonPage, textPage } from '../../../runtime/http/pages.ts';
import { askService } from '../../../runtime/http/unix-client.ts';
import { listenUnix } from '../../../runtime/http/unix-server.ts';
import { freeSocket } from '../grpc/socket.ts';

describe('runtime/http/pages', () => {
  const socketPath = freeSocket();
  let server: Server;

  before(async () => {
    server = createPageServer(async (target) => {
      if (target === '/fails') throw new Error('the source is away');
      return target === '/json?x' ? jsonPage(200, { ok: true }, { 'x-extra': '1' }) : textPage(404, 'no such page\n');
    });
    await listenUnix(server, socketPath);
  });
  after(() => server.close());

  const ask = (path: string, method: string) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const call = request({ socketPath, path, method, agent: false }, async (response) => {
        const chunks: Buffer[] = await response.toArray();
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks).toString() });
      });
      call.on('error', reject);
      call.end();
    });

  it('sends pages that are never cached, with their own headers', async () => {
    const { status, headers, body } = await ask('/json?x', 'GET');
    expect({ status, body }).to.deep.equal({ status: 200, body: '{"ok":true}' });
    expect(headers).to.include({ 'content-type': 'application/json', 'cache-control': 'no-store', 'x-extra': '1' });
  });

  it('answers HEAD without a body, and other methods with 405', async () => {
    expect(await ask('/json?x', 'HEAD')).to.deep.include({ status: 200, body: '' });
    for (const method of ['POST', 'OPTIONS', 'DELETE']) expect((await ask('/json?x', method)).status).to.equal(405);
  });

  it('answers a page that cannot be made with 503 and the reason', async () => {
    expect(await ask('/fails', 'GET')).to.deep.include({ status: 503, body: 'the source is away\n' });
  });

  it('is read by the client for Unix sockets', async () => {
    expect(await askService(socketPath, '/json?x')).to.deep.equal({ status: 200, body: '{"ok":true}' });
    expect(await askService(socketPath, '/json?x', 'POST')).to.have.property('status', 405);
  });
});
