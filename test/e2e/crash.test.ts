import { connect } from 'node:net';
import { expect } from 'chai';
import { splitAddress } from '../../core/registry/endpoint.ts';
import { askReplica, openSession, REPLICA_PROGRAM, rpc } from '../fixtures/replica-server/client.ts';
import { childOf } from '../fixtures/replica-server/processes.ts';
import { startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const SESSIONS = 30;

describe('a replica that crashes', function () {
  this.timeout(60_000);

  let gateway: TestGateway;
  let token: string;
  const url = () => gateway.backendUrl('fleet');

  before(async () => {
    gateway = await startGateway({
      backends: { fleet: { name: 'fleet', command: [process.execPath, REPLICA_PROGRAM], replicas: 3 } },
    });
    token = await gateway.token();
  });
  after(() => gateway?.stop());

  const addressOf = async (id: string) => {
    const { backends } = await gateway.status();
    return backends?.[0]?.endpoints?.find((endpoint) => endpoint.id === id)?.address ?? '';
  };

  it('ends its sessions with 404 from the first moment, and no others; new sessions open elsewhere', async () => {
    const sessions = await Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        const { session } = await openSession(url(), { token });
        const { replica } = await askReplica(url(), { token, session });
        return { session, replica };
      }),
    );
    const pid = childOf(gateway.stateDir, 'fleet-0');
    const crashed = `replica:${pid}`;
    const address = await addressOf('fleet-0');
    process.kill(pid, 'SIGKILL');
    await refused(address);

    const [answers, opened] = await Promise.all([
      Promise.all(
        sessions.map(async ({ session, replica }) => ({ replica, ...(await rpc(url(), { token, session })) })),
      ),
      Promise.all(Array.from({ length: SESSIONS }, () => rpc(url(), { token }, 'initialize'))),
    ]);
    const lost = answers.filter(({ replica }) => replica === crashed);
    expect(lost).to.not.have.length(0);
    for (const { status, body } of lost) {
      expect(status, body).to.equal(404);
      expect(JSON.parse(body)).to.have.nested.property('error.code', -32001);
      expect(JSON.parse(body).id).to.not.equal(null);
    }
    expect(new Set(answers.filter(({ replica }) => replica !== crashed).map(({ status }) => status))).to.deep.equal(
      new Set([200]),
    );
    expect(new Set(opened.map(({ status }) => status))).to.deep.equal(new Set([200]));
  });

  it('does not end a session behind a url, where another process may have it', async () => {
    const server = await startReplica({ name: 'there' });
    gateway.writeBackend('there', {
      name: 'there',
      url: `http://127.0.0.1:${server.port}/mcp`,
      healthCheck: { type: 'none' },
    });
    const there = gateway.backendUrl('there');
    const { session } = await eventually(
      () => openSession(there, { token }).catch(() => ({ session: '' })),
      (opened) => opened.session !== '',
    );
    await server.stop();
    const { status, body } = await rpc(there, { token, session });
    expect({ status, ...JSON.parse(body) })
      .to.deep.include({ status: 503, id: 1 })
      .and.have.nested.property('error.code', -32016);
  });
});

/** Resolves once the port refuses connections. */
async function refused(address: string): Promise<void> {
  const { ip, port } = splitAddress(address);
  const accepts = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host: ip, port }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  while (await accepts());
}
