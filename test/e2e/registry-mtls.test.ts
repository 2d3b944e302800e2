import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { askReplica, callerHeaders, open, openSession, parse, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { installFile, installPair, PAIR_FILES, tlsFile, tlsPair, tlsText } from '../fixtures/tls/files.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const HEALTH = { interval: '500ms', timeout: '500ms' };

describe('backends that require a certificate of the gateway', function () {
  this.timeout(30_000);

  const folders: string[] = [];
  let replica: Replica;
  /** Whose backend has no certificate at first. */
  let untouched: Replica;
  let gateway: TestGateway;
  let token: string;

  const emptyFolder = () => {
    folders.push(mkdtempSync(join(tmpdir(), 'mcpgw-mtls-')));
    return folders.at(-1) ?? '';
  };
  const filesIn = (folder: string) => ({
    certFile: join(folder, PAIR_FILES.certFile),
    keyFile: join(folder, PAIR_FILES.keyFile),
  });
  const startStrict = () =>
    startReplica({
      name: 'strict',
      tls: { ...tlsPair('server'), ca: [tlsText('client-one.pem'), tlsText('client-two.pem')] },
    });
  const backendAt = (name: string, { port }: Replica, more: Document): Document => {
    const url = `https://127.0.0.1:${port}/mcp`;
    return { name, url, caFile: tlsFile('server.pem'), healthCheck: HEALTH, ...more };
  };
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);
  /** The name in the client certificate that the server sees, once it sees one. */
  const callerAt = async (name: string) => (await askReplica(gateway.backendUrl(name), { token })).caller;

  before(async () => {
    [replica, untouched] = [await startStrict(), await startStrict()];
    const folder = emptyFolder();
    installPair(folder, 'client-one');
    gateway = await startGateway({
      backends: { mutual: backendAt('mutual', replica, { clientCertificate: filesIn(folder) }) },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    await untouched?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it('get it, with each request', async () => {
    const url = gateway.backendUrl('mutual');
    expect(await callerAt('mutual')).to.equal('client one');
    const { session } = await openSession(url, { token });
    expect(await askReplica(url, { token, session })).to.include({ caller: 'client one' });
  });

  it('do not serve without it', async () => {
    gateway.writeBackend('bare', backendAt('bare', replica, {}));
    await eventually(
      () => statusOf('bare'),
      (status) => status?.state === 'unhealthy',
    );
    expect((await rpc(gateway.backendUrl('bare'), { token })).status).to.equal(503);
  });

  it('get a new one when the files change, while sessions and streams continue', async () => {
    const folder = emptyFolder();
    installPair(folder, 'client-one');
    gateway.writeBackend('renewed', backendAt('renewed', replica, { clientCertificate: filesIn(folder) }));
    const url = gateway.backendUrl('renewed');
    const { session } = await eventually(
      () => openSession(url, { token }),
      () => true,
    );
    const stream = await open(url, { method: 'GET', headers: callerHeaders({ token, session }) });
    expect(stream.statusCode).to.equal(200);
    let heard = 0;
    let ended = false;
    stream.on('data', () => {
      heard += 1;
    });
    stream.on('close', () => {
      ended = true;
    });

    installPair(folder, 'client-two');
    const statuses = new Set<number>();
    await eventually(
      async () => {
        const answer = await rpc(url, { token, session });
        statuses.add(answer.status);
        return parse(answer).result?.caller;
      },
      (caller) => caller === 'client two',
    );
    expect([...statuses]).to.deep.equal([200]);
    expect(await callerAt('renewed')).to.equal('client two');
    const before = heard;
    await eventually(
      () => heard,
      (now) => now > before + 1,
    );
    expect(ended).to.equal(false);
    stream.destroy();
    expect((await statusOf('renewed'))?.reasons).to.deep.equal([]);
  });

  it('get the last good one while only half of a new one exists, which is reported', async () => {
    const folder = emptyFolder();
    installPair(folder, 'client-one');
    const clientCertificate = filesIn(folder);
    gateway.writeBackend('half', backendAt('half', replica, { clientCertificate }));
    await eventually(
      () => callerAt('half'),
      (caller) => caller === 'client one',
    );
    installFile('client-two.pem', clientCertificate.certFile);
    const status = await eventually(
      () => statusOf('half'),
      (one) => one?.state === 'serving' && (one.reasons?.length ?? 0) > 0,
    );
    expect(status?.reasons).to.have.length(1);
    expect(status?.reasons?.[0]).to.contain(`clientCertificate.keyFile: ${clientCertificate.keyFile} `);
    expect(await callerAt('half')).to.equal('client one');
  });

  it('are not called at all before there is one, which is reported', async () => {
    const folder = emptyFolder();
    const clientCertificate = filesIn(folder);
    gateway.writeBackend('missing', backendAt('missing', untouched, { clientCertificate }));
    const status = await eventually(
      () => statusOf('missing'),
      (one) => (one?.reasons?.length ?? 0) > 0,
    );
    expect(status?.state).to.equal('unhealthy');
    expect(status?.reasons?.join()).to.match(/clientCertificate\.certFile: .*cert\.pem /);
    const answer = await eventually(
      () => rpc(gateway.backendUrl('missing'), { token }, 'initialize'),
      ({ status: code }) => code !== 404,
    );
    expect({ status: answer.status, code: parse(answer).error?.code }).to.deep.equal({ status: 503, code: -32014 });
    expect(untouched.connections).to.equal(0);

    installPair(folder, 'client-two');
    await eventually(
      () => callerAt('missing'),
      (caller) => caller === 'client two',
    );
    expect((await statusOf('missing'))?.reasons).to.deep.equal([]);
  });
});
