import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { askReplica, openSession, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const TLS = { key: readFileSync(fixture('server-key.pem'), 'utf8'), cert: readFileSync(fixture('server.pem'), 'utf8') };

describe('backends over https', function () {
  this.timeout(30_000);

  let plain: Replica;
  let secure: Replica;
  let gateway: TestGateway;
  let token: string;

  const url = (host: string, { port }: Replica) => `https://${host}:${port}/mcp`;
  const write = (name: string, more: Document) =>
    gateway.writeBackend(name, { name, healthCheck: { interval: '500ms', timeout: '500ms' }, ...more });
  const sessionAt = (name: string) =>
    eventually(
      () => openSession(gateway.backendUrl(name), { token }),
      () => true,
      5_000,
    );
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);
  const reasonsOf = async (name: string) => (await statusOf(name))?.reasons ?? [];

  before(async () => {
    [plain, secure] = [await startReplica({ name: 'plain' }), await startReplica({ name: 'secure', tls: TLS })];
    gateway = await startGateway({ backends: { plain: { name: 'plain', url: `http://127.0.0.1:${plain.port}/mcp` } } });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await plain?.stop();
    await secure?.stop();
  });

  it('verifies an address with the authority of caFile', async () => {
    write('by-address', { url: url('127.0.0.1', secure), caFile: fixture('server.pem') });
    const { session, replica } = await sessionAt('by-address');
    expect(replica).to.equal('secure');
    const { headers } = await askReplica(gateway.backendUrl('by-address'), { token, session });
    expect(headers.host).to.equal(`127.0.0.1:${secure.port}`);
  });

  it('verifies a name with the authority of caFile', async () => {
    write('by-name', { url: url('localhost', secure), caFile: fixture('server.pem') });
    expect((await sessionAt('by-name')).replica).to.equal('secure');
  });

  for (const [what, more] of [
    ['an authority that did not sign the certificate', { caFile: fixture('other-ca.pem') }],
    ['the authorities of the system, which do not know the certificate', {}],
  ] as const) {
    it(`rejects a server with ${what}`, async () => {
      const before = secure.requests;
      write('untrusted', { url: url('127.0.0.1', secure), ...more });
      await eventually(
        () => statusOf('untrusted'),
        (status) => status?.state === 'unhealthy',
      );
      expect((await rpc(gateway.backendUrl('untrusted'), { token }, 'initialize')).status).to.equal(503);
      expect(secure.requests).to.equal(before);
    });
  }

  it('reports that Envoy rejected a backend whose caFile is missing, and serves the others', async () => {
    // Both names begin alike: Envoy names the rejected one in its message.
    write('broken-tls', { url: url('127.0.0.1', secure), caFile: '/nonexistent/ca.pem' });
    write('broken', { url: `http://127.0.0.1:${plain.port}/mcp` });
    expect((await sessionAt('broken')).replica).to.equal('plain');
    const reasons = await eventually(
      () => reasonsOf('broken-tls'),
      ({ length }) => length > 0,
    );
    expect(reasons.join()).to.contain('/nonexistent/ca.pem');
    expect(await reasonsOf('broken')).to.deep.equal([]);
    expect((await rpc(gateway.backendUrl('broken-tls'), { token }, 'initialize')).status).to.equal(404);
    const { session } = await sessionAt('plain');

    write('later', { url: `http://127.0.0.1:${plain.port}/mcp` });
    expect((await sessionAt('later')).replica).to.equal('plain');
    expect((await askReplica(gateway.backendUrl('plain'), { token, session })).replica).to.equal('plain');

    write('broken-tls', { url: url('127.0.0.1', secure), caFile: fixture('server.pem') });
    expect((await sessionAt('broken-tls')).replica).to.equal('secure');
    expect(await reasonsOf('broken-tls')).to.deep.equal([]);
  });

  it('keeps the last good version of a backend whose change Envoy rejected', async () => {
    write('edited', { url: url('127.0.0.1', secure), caFile: fixture('server.pem') });
    const { session } = await sessionAt('edited');
    write('edited', { url: url('127.0.0.1', secure), caFile: '/nonexistent/ca.pem' });
    await eventually(
      () => reasonsOf('edited'),
      ({ length }) => length > 0,
    );
    expect((await askReplica(gateway.backendUrl('edited'), { token, session })).replica).to.equal('secure');
    expect((await sessionAt('edited')).replica).to.equal('secure');
  });
});
