import { expect } from 'chai';
import { deny } from '../../core/mcp/denial.ts';
import { askReplica, open, openSession, parse, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const SERVED_WITHIN_MS = 5_000;
const HEALTH = { interval: '500ms', timeout: '500ms' };

describe('the registry of files', function () {
  this.timeout(30_000);

  const replicas: Replica[] = [];
  let gateway: TestGateway;
  let token: string;
  let steady: string;

  const replicaNamed = async (name: string, healthStatus = 200) => {
    const replica = await startReplica({ name, healthStatus });
    replicas.push(replica);
    return replica;
  };
  const urlOf = ({ port }: Replica) => `http://127.0.0.1:${port}/mcp`;
  const backend = (name: string, to: Replica | Replica[], more: Document = {}): Document => ({
    name,
    ...(Array.isArray(to) ? { urls: to.map(urlOf) } : { url: urlOf(to) }),
    healthCheck: HEALTH,
    ...more,
  });
  const sessionAt = (name: string) =>
    eventually(
      () => openSession(gateway.backendUrl(name), { token }),
      () => true,
      SERVED_WITHIN_MS,
    );
  const ask = (name: string, session: string) => askReplica(gateway.backendUrl(name), { token, session });
  const initialize = (name: string) => rpc(gateway.backendUrl(name), { token }, 'initialize', 'new');
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);
  const problems = async () => (await gateway.status()).problems ?? [];

  before(async () => {
    gateway = await startGateway({ backends: { steady: backend('steady', await replicaNamed('steady')) } });
    token = await gateway.token();
    steady = (await sessionAt('steady')).session;
  });
  afterEach('the other backend was not disturbed', async () => {
    expect((await ask('steady', steady)).replica).to.equal('steady');
  });
  after(async () => {
    await gateway?.stop();
    for (const replica of replicas) await replica.stop();
  });

  it('serves a new file', async () => {
    expect((await initialize('new')).status).to.equal(404);
    gateway.writeBackend('new', backend('new', await replicaNamed('new')));
    expect((await sessionAt('new')).replica).to.equal('new');
  });

  it('keeps sessions and streams of a backend whose tenants or health check change', async () => {
    gateway.writeBackend('changed', backend('changed', await replicaNamed('changed')));
    const { session } = await sessionAt('changed');
    const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': session, accept: 'text/event-stream' };
    const stream = await open(gateway.backendUrl('changed'), { method: 'GET', headers });
    let heartbeats = 0;
    stream.on('data', () => {
      heartbeats += 1;
    });

    gateway.writeBackend('changed', backend('changed', replicas.at(-1) ?? [], { tenants: ['engineering'] }));
    gateway.writeBackend(
      'changed',
      backend('changed', replicas.at(-1) ?? [], { healthCheck: { ...HEALTH, path: '/nowhere' } }),
    );
    await eventually(
      () => statusOf('changed'),
      (status) => status?.state === 'unhealthy',
    );
    expect((await ask('changed', session)).replica).to.equal('changed');
    const soFar = heartbeats;
    await eventually(
      () => heartbeats,
      (now) => now > soFar + 1,
    );
    stream.destroy();
  });

  it('denies a tenant that the file no longer names, in sessions too', async () => {
    const replica = await replicaNamed('private');
    gateway.writeBackend('private', backend('private', replica));
    const { session } = await sessionAt('private');
    gateway.writeBackend('private', backend('private', replica, { tenants: ['others'] }));
    await eventually(
      () => initialize('private'),
      ({ status }) => status === 404,
    );
    const answer = await rpc(gateway.backendUrl('private'), { token, session }, 'tools/call', 'mine');
    expect(answer.status).to.equal(404);
    expect(parse(answer)).to.deep.include({ id: 'mine', error: deny('unknown-backend').error });
  });

  it('drains a removed backend: its sessions continue, nothing new starts, and it may come back', async () => {
    const replica = await replicaNamed('leaving');
    gateway.writeBackend('leaving', backend('leaving', replica, { drain: '1h' }));
    const { session } = await sessionAt('leaving');
    gateway.removeBackend('leaving');
    const denied = await eventually(
      () => initialize('leaving'),
      ({ status }) => status === 404,
    );
    expect(parse(denied)).to.deep.equal({
      jsonrpc: '2.0',
      id: 'new',
      error: deny('unknown-backend').error,
    });
    expect((await ask('leaving', session)).replica).to.equal('leaving');
    expect((await statusOf('leaving'))?.state).to.equal('draining');

    gateway.writeBackend('leaving', backend('leaving', replica));
    await sessionAt('leaving');
    expect((await ask('leaving', session)).replica).to.equal('leaving');
  });

  it('forgets a backend that has drained', async () => {
    gateway.writeBackend('short', backend('short', await replicaNamed('short'), { drain: '1s' }));
    const { session } = await sessionAt('short');
    gateway.removeBackend('short');
    await eventually(
      () => rpc(gateway.backendUrl('short'), { token, session }),
      ({ status }) => status === 404,
    );
    await eventually(
      () => statusOf('short'),
      (status) => status === undefined,
    );
    expect((await initialize('short')).status).to.equal(404);
  });

  it('rejects a bad file with all its errors, and keeps the last good one in force', async () => {
    const replica = await replicaNamed('good');
    gateway.writeBackend('good', backend('good', replica));
    const { session } = await sessionAt('good');
    const text = [
      'name: good',
      `url: ${urlOf(replica)}`,
      'replicas: many',
      'healthCheck:',
      '  type: ping',
      '  timeout: 1m',
      'colour: red',
    ];
    gateway.writeBackend('good', text.join('\n'));
    const told = await eventually(problems, ({ length }) => length > 0);
    expect(told.map((problem) => problem.replace(/^(\S+: \S+): .*$/, '$1'))).to.have.members([
      'good.yaml:3: replicas',
      'good.yaml:5: healthCheck.type',
      'good.yaml:7: colour',
    ]);
    expect((await ask('good', session)).replica).to.equal('good');
    expect((await sessionAt('good')).replica).to.equal('good');

    gateway.writeBackend('good', 'name: [good');
    await eventually(problems, ([first]) => first?.startsWith('good.yaml:1: not valid YAML: ') === true);
    gateway.writeBackend('good', backend('good', replica));
    await eventually(problems, ({ length }) => length === 0);
  });

  it('rejects a second file with the same name, until the first is gone', async () => {
    const [first, second] = [await replicaNamed('first'), await replicaNamed('second')];
    gateway.writeBackend('twin-b', backend('twin', first));
    expect((await sessionAt('twin')).replica).to.equal('first');
    gateway.writeBackend('twin-a', backend('twin', second));
    const told = await eventually(problems, ({ length }) => length > 0);
    expect(told).to.deep.equal(['twin-a.yaml: name: the backend twin is already defined in twin-b.yaml']);
    expect((await sessionAt('twin')).replica).to.equal('first');
    gateway.removeBackend('twin-b');
    await eventually(
      () => sessionAt('twin'),
      ({ replica }) => replica === 'second',
    );
    expect(await problems()).to.deep.equal([]);
  });

  it('reports why a backend is unhealthy, and that it recovered', async () => {
    const replica = await replicaNamed('ill', 404);
    gateway.writeBackend('ill', backend('ill', replica));
    const status = await eventually(
      () => statusOf('ill'),
      (now) => now?.state === 'unhealthy' && now.reasons?.length === 1,
    );
    const authority = `127.0.0.1:${replica.port}`;
    const reason = 'GET /healthz answered 404; set healthCheck.path or healthCheck.type: tcp';
    expect(status?.endpoints).to.deep.equal([{ id: authority, address: authority, health: 'unhealthy', reason }]);
    expect(status?.reasons).to.deep.equal([`${authority}: ${reason}`]);
    const answer = await initialize('ill');
    expect(answer.status).to.equal(503);
    const { id, error } = parse(answer);
    expect([id, error?.code]).to.deep.equal(['new', -32015]);

    replica.healthStatus = 200;
    expect((await sessionAt('ill')).replica).to.equal('ill');
    await eventually(
      () => statusOf('ill'),
      (now) => now?.state === 'serving' && now.reasons?.length === 0,
    );
  });

  it('reports that nothing listens', async () => {
    const gone = await startReplica({ name: 'gone' });
    await gone.stop();
    gateway.writeBackend('gone', backend('gone', gone));
    const status = await eventually(
      () => statusOf('gone'),
      (now) => now?.state === 'unhealthy' && now.reasons?.length === 1,
    );
    expect(status?.reasons?.[0]).to.match(/^127\.0\.0\.1:\d+: GET \/healthz failed: .*ECONNREFUSED/);
  });

  it('balances over several URLs, and removes one without affecting the sessions of the other', async () => {
    const pair = [await replicaNamed('left'), await replicaNamed('right')];
    gateway.writeBackend('pair', backend('pair', pair));
    const sessions = new Map<string, string>();
    await eventually(
      async () => {
        const { session, replica } = await sessionAt('pair');
        sessions.set(replica, session);
      },
      () => sessions.size === 2,
    );
    gateway.writeBackend('pair', backend('pair', pair.slice(0, 1)));
    const right = { token, session: sessions.get('right') ?? '' };
    const answer = await eventually(
      () => rpc(gateway.backendUrl('pair'), right),
      ({ status }) => status === 404,
    );
    expect(parse(answer).error?.code).to.equal(-32001);
    expect((await ask('pair', sessions.get('left') ?? '')).replica).to.equal('left');
  });
});
