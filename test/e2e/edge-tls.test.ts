import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { open, rpc } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { childOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { installFile, installPair, PAIR_FILES, tlsText } from '../fixtures/tls/files.ts';
import { SDK1, SDK2_AUTO, textOf } from '../support/clients.ts';
import { Wire } from '../support/clients-wire.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Http2Fetch } from '../support/http2-fetch.ts';

const SERVER = 'mcp-gateway test';
const SECOND = 'mcp-gateway test, second';

describe('TLS on the listener', function () {
  this.timeout(30_000);

  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-tls-'));
  const tls = { certFile: join(folder, PAIR_FILES.certFile), keyFile: join(folder, PAIR_FILES.keyFile) };
  const trusted = getCACertificates('default');
  let replica: Replica;
  let gateway: TestGateway;
  let token: string;

  /** The name in the certificate, TLS version and protocol of a new connection. */
  const greet = (options: ConnectionOptions = {}) =>
    new Promise<{ name: unknown; version: string | null; protocol: unknown }>((resolve, reject) => {
      const { hostname: host, port } = new URL(gateway.url);
      const socket = connect({ host, port: Number(port), ...options }, () => {
        const name: unknown = socket.getPeerCertificate().subject.CN;
        resolve({ name, version: socket.getProtocol(), protocol: socket.alpnProtocol });
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const untilShown = (name: string) => eventually(greet, (greeting) => greeting.name === name);

  before(async () => {
    setDefaultCACertificates([...trusted, tlsText('server.pem'), tlsText('second.pem')]);
    installPair(folder, 'server');
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      backends: {
        replica: { name: 'replica', url: `http://127.0.0.1:${replica.port}/mcp` },
        feature: { name: 'feature', command: ['node', 'test/fixtures/feature-server/main.ts'] },
      },
      settings: { listen: { tls } },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    setDefaultCACertificates(trusted);
    rmSync(folder, { recursive: true });
  });

  it('gives the gateway an https URL', async () => {
    expect(gateway.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    const metadata = await fetch(new URL('/.well-known/oauth-protected-resource/replica/mcp', gateway.url));
    expect(await metadata.json()).to.include({ resource: gateway.backendUrl('replica') });
    const answer = await rpc(gateway.backendUrl('replica'), { token });
    expect(JSON.parse(answer.body).result.headers).to.include({ 'x-forwarded-proto': 'https' });
  });

  for (const kind of [SDK1, SDK2_AUTO]) {
    it(`serves ${kind.name} over HTTP/1.1`, async () => {
      const connection = await kind.connect({ url: gateway.backendUrl('feature'), token });
      expect(textOf(await connection.call('replica'))).to.match(/^\d+$/);
      await connection.client.close();
    });

    it(`serves ${kind.name} over HTTP/2`, async () => {
      const http2 = new Http2Fetch(gateway.url);
      const wire = Object.assign(new Wire(), { fetch: http2.fetch });
      const connection = await kind.connect({ url: gateway.backendUrl('feature'), token, wire });
      expect(http2.session.alpnProtocol).to.equal('h2');
      expect(textOf(await connection.call('replica'))).to.match(/^\d+$/);
      await connection.client.close();
      http2.close();
    });
  }

  it('speaks TLS 1.2 and 1.3, with HTTP/2 where the client can', async () => {
    expect(await greet()).to.deep.equal({ name: SERVER, version: 'TLSv1.3', protocol: false });
    expect(await greet({ maxVersion: 'TLSv1.2' })).to.include({ version: 'TLSv1.2' });
    expect(await greet({ ALPNProtocols: ['http/1.1', 'h2'] })).to.include({ protocol: 'h2' });
    expect(await greet({ ALPNProtocols: ['http/1.1'] })).to.include({ protocol: 'http/1.1' });
  });

  // Both are the server's alerts: the client would continue.
  for (const [what, options, alert] of [
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }, /ALERT_PROTOCOL_VERSION/],
    ['a cipher block chain', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }, /ALERT_HANDSHAKE_FAILURE/],
  ] as const) {
    it(`rejects ${what}`, async () => {
      expect(await greet(options).catch((error: NodeJS.ErrnoException) => error.code)).to.match(alert);
    });
  }

  it('does not answer plain HTTP', async () => {
    const { requests } = replica;
    const plain = gateway.backendUrl('replica').replace('https:', 'http:');
    const failure = await rpc(plain, { token }).catch((error: NodeJS.ErrnoException) => error.code);
    expect(failure).to.be.oneOf(['ECONNRESET', 'HPE_INVALID_CONSTANT']);
    expect(replica.requests).to.equal(requests);
  });

  it('gives new connections a new certificate, while old ones and their streams continue', async () => {
    const http2 = new Http2Fetch(gateway.url);
    const wire = Object.assign(new Wire(), { fetch: http2.fetch });
    const connection = await SDK1.connect({ url: gateway.backendUrl('feature'), token, wire });
    const steps: number[] = [];
    const held = connection.call(
      'hold',
      { name: 'tls', steps: 1 },
      { onprogress: ({ progress }) => void steps.push(progress) },
    );
    await eventually(
      () => steps,
      ({ length }) => length > 0,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const socketOf = async () => {
      const response = await open(gateway.backendUrl('replica'), { method: 'OPTIONS', agent });
      const { socket } = response;
      await response.toArray();
      return socket as TLSSocket;
    };
    const before = await socketOf();

    installPair(folder, 'second');
    await untilShown(SECOND);

    await connection.call('release', { name: 'tls' });
    expect(textOf(await held)).to.match(/^released/);
    expect(steps).to.deep.equal([0, 1]);
    const after = await socketOf();
    expect(after === before, 'the connection is the old one').to.equal(true);
    expect(after.getPeerCertificate().subject.CN).to.equal(SERVER);
    agent.destroy();
    await connection.client.close();
    http2.close();
    expect((await gateway.status()).problems).to.deep.equal([]);
  });

  it('keeps the last good certificate when a pair is invalid, and reports what is wrong', async () => {
    installFile('server.pem', tls.certFile);
    const { problems } = await eventually(
      () => gateway.status(),
      ({ problems = [] }) => problems.length > 0,
    );
    expect(problems?.join()).to.include(
      `listen.tls.keyFile: ${tls.keyFile} is not the key of the first certificate in ${tls.certFile}`,
    );
    const isLogged = gateway.log.some(
      ({ name, level, msg }) => name === 'watcher' && level >= 50 && /certificate/.test(msg),
    );
    expect(isLogged).to.equal(true);
    expect(await greet()).to.include({ name: SECOND });
    installFile('server-key.pem', tls.keyFile);
    await untilShown(SERVER);
    expect((await gateway.status()).problems).to.deep.equal([]);
  });

  it('uses the newest certificate when Envoy and the watcher restart', async () => {
    installPair(folder, 'second');
    await untilShown(SECOND);
    for (const name of ['watcher', 'envoy']) {
      const before = childOf(gateway.stateDir, name);
      process.kill(before, 'SIGKILL');
      await eventually(
        () => childOf(gateway.stateDir, name),
        (pid) => pid !== before,
      );
    }
    await untilShown(SECOND);
    installPair(folder, 'server');
    await untilShown(SERVER);
  });

  describe('with an invalid certificate', () => {
    const written = (files: typeof PAIR_FILES) => {
      const config = { issuer: 'development', backends: 'backends', tenants: 'tenants.yaml', listen: { tls: files } };
      writeFileSync(join(folder, 'gateway.yaml'), stringify(config));
      return join(folder, 'gateway.yaml');
    };

    it('does not start, and reports the file and the reason, as the check does', async () => {
      writeFileSync(join(folder, 'tenants.yaml'), 'tenants: [{name: a, match: [{claim: c, value: v}]}]');
      mkdirSync(join(folder, 'backends'));
      for (const [files, problem] of [
        [{ ...PAIR_FILES, keyFile: 'none.pem' }, /listen\.tls\.keyFile: none\.pem cannot be read: ENOENT/],
        [{ ...PAIR_FILES, certFile: 'tenants.yaml' }, /listen\.tls\.certFile: tenants\.yaml /],
      ] as const) {
        const file = written(files);
        const started = await runCommand(['up', '--config', file, '--port', '0', '--state-dir', join(folder, 'state')]);
        expect({ code: started.code, stdout: started.stdout }).to.deep.equal({ code: 78, stdout: '' });
        expect(started.stderr).to.match(problem);
        const checked = await runCommand(['check', file]);
        expect(checked.code).to.equal(78);
        expect(checked.stderr).to.match(problem);
      }
      expect((await runCommand(['check', written(PAIR_FILES)])).code).to.equal(0);
    });
  });
});
