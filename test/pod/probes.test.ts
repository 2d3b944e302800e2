import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { z } from 'zod';
import { quotaStateSchema } from '../../runtime/policy/quota-json.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT, startGateway, type TestGateway } from '../support/gateway.ts';

const lineSchema = z.looseObject({ msg: z.string(), address: z.looseObject({ port: z.number() }).optional() });

/** A server that holds back its answers to tool calls, and answers everything else immediately. */
async function holdingServer(): Promise<{ server: Server; port: number; held: (() => void)[] }> {
  const held: (() => void)[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = await incoming.toArray();
    const answer = () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    };
    if (Buffer.concat(chunks).includes('tools/call')) held.push(answer);
    else answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, held };
}

describe('mcp-gateway pod', function () {
  this.timeout(40_000);
  let gateway: TestGateway;
  let holding: Awaited<ReturnType<typeof holdingServer>>;
  let pod: ChildProcess;
  let port = 0;

  before(async () => {
    holding = await holdingServer();
    const backend = { name: 'slow', url: `http://127.0.0.1:${holding.port}/mcp`, affinity: 'none' };
    gateway = await startGateway({ backends: { slow: { ...backend, healthCheck: { type: 'tcp' } } } });
    const sockets = ['--sockets', join(gateway.stateDir, 'run'), '--workers', '2'];
    const ends = ['--settle', '300ms', '--drain', '20s'];
    const args = ['pod', ...sockets, '--address', '127.0.0.1', '--port', '0', ...ends];
    pod = spawn(process.execPath, [join(PROJECT, 'cli', 'bin.js'), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const lines = createInterface({ input: pod.stderr ?? process.stdin });
    port = await new Promise((resolve, reject) => {
      pod.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
      lines.on('line', (text) => {
        const line = lineSchema.parse(JSON.parse(text));
        if (line.msg === 'ready') resolve(line.address?.port ?? 0);
      });
    });
  });
  after(async () => {
    if (pod?.exitCode === null) pod.kill('SIGKILL');
    for (const answer of holding?.held ?? []) answer();
    await gateway?.stop();
    holding?.server.closeAllConnections();
    holding?.server.close();
  });

  // Not fetch, which normalizes paths such as /a/../b.
  const ask = (path: string, method = 'GET'): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, method, agent: false }, async (response) => {
        const chunks: Buffer[] = await response.toArray();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
      call.on('error', reject);
      call.end();
    });
  const ready = async () => (await ask('/readyz')).body;

  it('is ready once Envoy and the services are', async () => {
    expect(await ask('/readyz')).to.deep.equal({ status: 200, body: '{"ready":true,"reasons":[]}' });
  });

  it('reports which processes answer', async () => {
    for (const name of ['envoy', 'watcher', 'ext-authz-0', 'ext-authz-1', 'ext-proc-0', 'ext-proc-1']) {
      expect((await ask(`/livez/${name}`)).status, name).to.equal(200);
    }
    expect((await ask('/livez')).status).to.equal(200);
    for (const name of ['ext-authz-2', 'nobody', '', '..%2Fadmin']) {
      expect((await ask(`/livez/${name}`)).status, name).to.equal(404);
    }
  });

  it('has the metrics of every ext-authz process, and those of Envoy', async () => {
    const { body } = await ask('/metrics');
    for (const name of ['ext-authz-0', 'ext-authz-1']) expect(body).to.contain(`{process="${name}"`);
    expect(body.match(/^# TYPE (\S+)/gm)).to.satisfy((types: string[]) => new Set(types).size === types.length);
    const envoy = await ask('/stats/prometheus');
    expect(envoy.status).to.equal(200);
    expect(envoy.body).to.contain('# TYPE envoy_cluster_manager_cds_update_success counter');
  });

  it('has the quota of a tenant and its usage', async () => {
    const { status, body } = await ask('/quotas/engineering');
    expect(status).to.equal(200);
    const state = quotaStateSchema.parse(JSON.parse(body));
    expect(state).to.deep.include({ tenants: ['engineering'], backends: ['slow'], quota: undefined, processes: 2 });
    expect(state.lastHour.all.requests).to.equal(0);
    expect(quotaStateSchema.parse(JSON.parse((await ask('/quotas/nobody')).body)).quota).to.equal(undefined);
  });

  it('gives no other access to the admin interface', async () => {
    const closed = [
      '/',
      '/stats',
      '/config_dump',
      '/clusters',
      '/listeners',
      '/certs',
      '/ready',
      '/server_info',
      '/help',
    ];
    const twisted = [
      '/stats/prometheus/../../config_dump',
      '/stats/prometheus?filter=.',
      '/stats/prometheus/',
      '//config_dump',
      '/STATS/PROMETHEUS',
      '/readyz/../config_dump',
      '/livez/../config_dump',
      '/livez/admin.sock',
      '/quotas',
      '/quotas/',
      '/quotas/engineering/users',
      '/quotas/..%2Fengineering',
      '/.well-known/oauth-protected-resource',
    ];
    for (const path of [...closed, ...twisted]) expect((await ask(path)).status, path).to.equal(404);
    for (const path of ['/quitquitquit', '/healthcheck/fail', '/drain_listeners', '/runtime_modify', '/readyz']) {
      expect((await ask(path, 'POST')).status, path).to.equal(405);
    }
    expect(await ready()).to.contain('"ready":true');
  });

  it('exits once the request in progress is answered, and accepts no connection afterwards', async () => {
    const headers = {
      authorization: `Bearer ${await gateway.token()}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hold' } });
    const call = () => fetch(gateway.backendUrl('slow'), { method: 'POST', headers, body });
    const first = call();
    await eventually(
      () => holding.held.length,
      (held) => held === 1,
    );
    const ended = once(pod, 'exit');
    pod.kill('SIGTERM');
    await eventually(ready, (text) => text.includes('Envoy is draining'));
    // It is drained only once the answer is sent. New connections are accepted while load balancers learn of the change.
    expect(pod.exitCode).to.equal(null);
    for (const answer of holding.held.splice(0)) answer();
    const answer = await first;
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('connection')).to.equal('close');
    expect(await ended).to.deep.equal([0, null]);
    const { port: listener } = new URL(gateway.url);
    const refused = connect(Number(listener), '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error).to.have.property('code', 'ECONNREFUSED');
  });
});
