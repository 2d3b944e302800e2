import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { findEnvoy } from '../../envoy/binary/find.ts';
import { renderBootstrap } from '../../envoy/bootstrap.ts';
import { askAdmin } from '../../runtime/http/unix-client.ts';
import { cacheDir } from '../../runtime/paths.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';

/** The form of a token, which nobody has signed. */
const HEADERS = 'Host: localhost\r\nAuthorization: Bearer e30.e30.AAAA\r\nContent-Type: application/json\r\n';

// The limits of envoy.yaml are minutes or thousands. Each test makes one of them small and leaves the others as they are, so that a
// connection that ends, ended because of it. docs/limits.test.ts compares the numbers themselves with the documentation.
describe("Envoy's limits for clients, each made small", function () {
  this.timeout(60_000);

  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const sockets: Socket[] = [];
  let binary: string;
  let envoy: ChildProcess | undefined;
  let port = 0;

  /** Starts Envoy with our configuration, changed. Without the watcher, and without services. */
  // biome-ignore lint/suspicious/noExplicitAny: the parsed configuration of Envoy
  const start = async (change: (manager: any, config: any) => void) => {
    const names = { extAuthz: ['a.sock'], extProc: ['p.sock'], metadata: ['m.sock'] };
    const text = renderBootstrap({ address: '127.0.0.1', port: 0, folder, sockets: names });
    const config = parse(text, { maxAliasCount: 100 });
    delete config.dynamic_resources;
    change(config.static_resources.listeners[0].filter_chains[0].filters[0].typed_config, config);
    const file = join(folder, 'envoy.yaml');
    writeFileSync(file, stringify(config));
    const args = ['-c', file, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'];
    envoy = spawn(binary, args, { cwd: folder, stdio: 'ignore' });
    port = await eventually(
      async () => {
        const listeners = JSON.parse(await askAdmin(join(folder, 'admin.sock'), 'GET', '/listeners?format=json'));
        return Number(listeners.listener_statuses?.[0]?.local_address?.socket_address?.port_value ?? 0);
      },
      (found) => found > 0,
    );
  };
  const counter = async (name: string) => {
    const text = await askAdmin(join(folder, 'admin.sock'), 'GET', `/stats?filter=^${name}$`);
    return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
  };
  /** Sends these bytes and resolves with all that came back, once Envoy has closed the connection. */
  const untilClosed = async (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const chunks: Buffer[] = [];
    socket.on('error', () => undefined).on('data', (chunk) => chunks.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  };

  before(async () => {
    const { env } = process;
    ({ path: binary } = await findEnvoy({ environment: env, cacheDir: cacheDir(env), progress: () => undefined }));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    if (envoy === undefined) return;
    const ended = once(envoy, 'exit');
    envoy.kill('SIGKILL');
    await ended;
    rmSync(join(folder, 'admin.sock'), { force: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('half of the request headers: the connection is closed', async () => {
    await start((manager) => {
      manager.request_headers_timeout = '0.5s';
    });
    await untilClosed(`POST /jira/mcp HTTP/1.1\r\n${HEADERS}`);
    expect(await counter('http.mcp.downstream_rq_header_timeout')).to.equal(1);
  });

  it('a body that takes too long: 408', async () => {
    await start((manager) => {
      manager.request_timeout = '0.5s';
    });
    const answer = await untilClosed(`POST /jira/mcp HTTP/1.1\r\n${HEADERS}Content-Length: 100\r\n\r\n{`);
    expect(answer).to.match(/^HTTP\/1.1 408 /);
    expect(await counter('http.mcp.downstream_rq_timeout')).to.equal(1);
  });

  it('a stream without a byte, before there is a lane: 408', async () => {
    await start((manager) => {
      manager.stream_idle_timeout = '0.5s';
    });
    const answer = await untilClosed(`POST /jira/mcp HTTP/1.1\r\n${HEADERS}Content-Length: 100\r\n\r\n{`);
    expect(answer).to.match(/^HTTP\/1.1 408 /);
    expect(await counter('http.mcp.downstream_rq_idle_timeout')).to.equal(1);
  });

  it('an idle connection is closed', async () => {
    await start((manager) => {
      manager.common_http_protocol_options.idle_timeout = '0.5s';
      // Envoy gives such a connection this long for a last request.
      manager.drain_timeout = '0.1s';
    });
    const answer = await untilClosed(`GET /.well-known/oauth-protected-resource HTTP/1.1\r\n${HEADERS}\r\n`);
    expect(answer).to.match(/^HTTP\/1.1 \d{3} /);
    expect(await counter('http.mcp.downstream_cx_idle_timeout')).to.equal(1);
  });

  it('more connections than are allowed: refused, and the first ones stay', async () => {
    await start((_manager, config) => {
      for (const { typed_config: monitor } of config.overload_manager.resource_monitors) {
        if ('max_active_downstream_connections' in monitor) monitor.max_active_downstream_connections = 2;
      }
    });
    const first = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    sockets.push(...first);
    for (const socket of first) {
      socket.on('error', () => undefined);
      // Envoy counts a connection once it has sent something.
      socket.write('GET / HTTP/1.1\r\n');
    }
    await eventually(
      () => counter('http.mcp.downstream_cx_active'),
      (active) => active === 2,
    );
    expect(await untilClosed('')).to.equal('');
    expect(first.map(({ closed }) => closed)).to.deep.equal([false, false]);
  });

  it('HTTP/2: the client is told how many streams it may have', async () => {
    await start((manager) => {
      manager.http2_protocol_options.max_concurrent_streams = 7;
    });
    const client = connectHttp2(`http://127.0.0.1:${port}`);
    client.on('error', () => undefined);
    const [settings] = await once(client, 'remoteSettings');
    client.destroy();
    expect(settings).to.include({ maxConcurrentStreams: 7 });
  });
});
