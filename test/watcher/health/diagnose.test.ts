import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { backendSchema } from '../../../core/registry/backend.ts';
import { freePort } from '../../../runtime/processes/ports.ts';
import { diagnose } from '../../../watcher/health/diagnose.ts';

const REMEDY = 'set healthCheck.path or healthCheck.type: tcp';

describe('watcher/health/diagnose', () => {
  let server: Server;
  let address: string;
  let status: number | undefined;

  beforeEach(async () => {
    server = createServer((_request, response) => {
      if (status !== undefined) response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const reasonAt = (to: string, healthCheck = {}, url = 'http://a.example') => {
    const backend = backendSchema.parse({
      name: 'a',
      url,
      healthCheck: { timeout: '100ms', interval: '1s', ...healthCheck },
    });
    return diagnose(backend, { id: 'a', address: to, incarnation: '', hostname: 'a.example', draining: false });
  };

  for (const [text, answer, healthCheck, url] of [
    [`GET /healthz answered 404; ${REMEDY}`, 404],
    ['GET /alive answers 204 again', 204, { path: '/alive' }],
    ['GET /healthz failed: no answer within 100 ms', undefined],
    ['it accepts connections again', 200, { type: 'tcp' }],
    [`GET /healthz did not answer 2xx over TLS; ${REMEDY}`, 200, {}, 'https://a.example'],
  ] as const) {
    it(text, async () => {
      status = answer;
      expect(await reasonAt(address, healthCheck, url)).to.equal(text);
    });
  }

  it('names the failure of a connection', async () => {
    const closed = `127.0.0.1:${await freePort('127.0.0.1')}`;
    expect(await reasonAt(closed)).to.match(/^GET \/healthz failed: .*ECONNREFUSED/);
    expect(await reasonAt(closed, { type: 'tcp' })).to.match(/^connecting failed: .*ECONNREFUSED/);
  });
});
