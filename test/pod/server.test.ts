import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import type { PodSockets } from '../../pod/probes.ts';
import { createPodServer } from '../../pod/server.ts';
import { createPageServer, textPage } from '../../runtime/http/pages.ts';
import { askService } from '../../runtime/http/unix-client.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { freeSocket, serveAnywhere } from '../runtime/grpc/socket.ts';

describe('pod/server', () => {
  const stops: (() => unknown)[] = [];
  let sockets: PodSockets;
  let pod: string;

  const listen = async (server: Server): Promise<string> => {
    const socket = freeSocket();
    await listenUnix(server, socket);
    stops.push(() => server.close());
    return socket;
  };
  const envoy = (state: string, clusters: number) =>
    listen(
      createServer((request, response) => {
        const isReady = request.url === '/ready';
        response.end(isReady ? `${state}\n` : `cluster_manager.cds.update_success: ${clusters}\n`);
      }),
    );
  const extAuthz = (status: number) =>
    listen(createPageServer((target) => (target === '/metrics' ? textPage(200, 'a_total 1\n') : textPage(status, ''))));
  const grpc = async (): Promise<string> => {
    const server = await serveAnywhere(() => undefined);
    stops.push(() => server.stop(0));
    return server.socket;
  };
  const use = async (changed: Partial<PodSockets>): Promise<void> => {
    const [one, two] = [freeSocket(), freeSocket()];
    sockets = {
      admin: freeSocket(),
      watcher: freeSocket(),
      metadata: new Map(),
      extProc: new Map(),
      metrics: new Map(),
      ...changed,
    };
    if (changed.metadata === undefined) sockets.metadata = new Map([['ext-authz-0', one]]);
    if (changed.extProc === undefined) sockets.extProc = new Map([['ext-proc-0', two]]);
    pod = await listen(createPodServer(sockets));
  };
  const reasons = async (): Promise<{ status: number; reasons: string[] }> => {
    const { status, body } = await askService(pod, '/readyz');
    return { status, reasons: JSON.parse(body).reasons };
  };

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('has every reason for which it is not ready', async () => {
    await use({});
    const { status, reasons: all } = await reasons();
    expect(status).to.equal(503);
    expect(all[0]).to.match(/^Envoy does not answer: .*ENOENT/);
    expect(all.slice(1)).to.deep.equal(['no ext-authz process is ready', 'no ext-proc process answers']);
  });

  for (const [state, clusters, reason] of [
    ['DRAINING', 1, 'Envoy is draining'],
    ['LIVE', 0, 'Envoy has no clusters yet'],
  ] as const) {
    it(`is not ready: ${reason}`, async () => {
      const metadata = new Map([['ext-authz-0', await extAuthz(200)]]);
      await use({ admin: await envoy(state, clusters), metadata, extProc: new Map([['ext-proc-0', await grpc()]]) });
      expect(await reasons()).to.deep.equal({ status: 503, reasons: [reason] });
    });
  }

  it('is ready with one process of each service', async () => {
    const metadata = new Map([
      ['ext-authz-0', await extAuthz(503)],
      ['ext-authz-1', await extAuthz(200)],
    ]);
    const extProc = new Map([
      ['ext-proc-0', freeSocket()],
      ['ext-proc-1', await grpc()],
    ]);
    await use({ admin: await envoy('LIVE', 1), metadata, extProc });
    expect(await reasons()).to.deep.equal({ status: 200, reasons: [] });
  });

  it('reports whether a process answers, ready or not', async () => {
    await use({ metadata: new Map([['ext-authz-0', await extAuthz(503)]]), watcher: await grpc() });
    const statuses = ['', '/ext-authz-0', '/watcher', '/ext-proc-0', '/envoy', '/nothing'].map(
      async (path) => (await askService(pod, `/livez${path}`)).status,
    );
    expect(await Promise.all(statuses)).to.deep.equal([200, 200, 200, 503, 503, 404]);
  });

  it('has the metrics of the processes that answer', async () => {
    await use({
      metadata: new Map([
        ['ext-authz-0', await extAuthz(200)],
        ['ext-authz-1', freeSocket()],
      ]),
      metrics: new Map([['ext-proc-0', await extAuthz(200)]]),
    });
    expect(await askService(pod, '/metrics')).to.deep.equal({
      status: 200,
      body: 'a_total{process="ext-authz-0"} 1\na_total{process="ext-proc-0"} 1\n',
    });
  });

  it('answers 503 if the process that it asks is unreachable', async () => {
    await use({});
    for (const path of ['/stats/prometheus', '/quotas/red']) {
      expect(await askService(pod, path), path).to.have.property('status', 503);
    }
  });

  it('has no other pages and methods', async () => {
    await use({});
    expect(await askService(pod, '/config_dump')).to.deep.equal({ status: 404, body: 'no such page\n' });
    expect(await askService(pod, '/readyz', 'POST')).to.deep.equal({
      status: 405,
      body: 'only GET and HEAD are allowed\n',
    });
  });
});
