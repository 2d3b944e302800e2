import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { drainEnvoy, drainPod } from '../../envoy/drain.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { freeSocket } from '../runtime/grpc/socket.ts';

describe('envoy/drain', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** An admin interface whose active requests are counted down, one at each look. */
  async function adminWith(active: number) {
    const asked: string[] = [];
    let left = active;
    const server = createServer((request, response) => {
      const [path = ''] = (request.url ?? '').split('?filter');
      if (asked.at(-1) !== `${request.method} ${path}`) asked.push(`${request.method} ${path}`);
      response.end(path === '/stats' ? `http.mcp.downstream_rq_active: ${left}\n` : 'OK\n');
      if (path === '/stats' && left > 0) left -= 1;
    });
    servers.push(server);
    const socket = freeSocket();
    await listenUnix(server, socket);
    return { socket, asked, left: () => left };
  }

  it('waits for the requests of a local gateway', async () => {
    const { socket, asked, left } = await adminWith(2);
    await drainEnvoy(socket, 10_000);
    expect(asked).to.deep.equal(['POST /drain_listeners?graceful&skip_exit', 'GET /stats']);
    expect(left()).to.equal(0);
  });

  it('keeps the listeners of a pod open until it is idle', async () => {
    const { socket, asked, left } = await adminWith(1);
    await drainPod(socket, { settleMs: 20, maxMs: 10_000 });
    expect(asked).to.deep.equal(['POST /healthcheck/fail', 'GET /stats', 'POST /drain_listeners', 'GET /stats']);
    expect(left()).to.equal(0);
  });

  it('cuts requests that take too long', async () => {
    const { socket, left } = await adminWith(1_000);
    await drainEnvoy(socket, 120);
    await drainPod(socket, { settleMs: 0, maxMs: 120 });
    expect(left()).to.be.greaterThan(900);
  });

  it('has nothing to wait for when Envoy is gone', async () => {
    await drainEnvoy(freeSocket(), 60_000);
    await drainPod(freeSocket(), { settleMs: 60_000, maxMs: 60_000 });
  });
});
