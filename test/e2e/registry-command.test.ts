import { expect } from 'chai';
import { askReplica, openSession, REPLICA_PROGRAM, rpc } from '../fixtures/replica-server/client.ts';
import { childOf, childrenOf, runs } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

describe('the registry of files, with commands', function () {
  this.timeout(30_000);

  let gateway: TestGateway;
  let token: string;

  const command = (name: string, label: string, more: Document = {}): Document => ({
    name,
    command: [process.execPath, REPLICA_PROGRAM],
    env: { REPLICA_NAME: label },
    healthCheck: { interval: '500ms', timeout: '500ms' },
    ...more,
  });
  const openAt = (name: string) => openSession(gateway.backendUrl(name), { token });
  const sessionAt = (name: string) =>
    eventually(
      () => openAt(name),
      () => true,
    );
  const ask = (name: string, session: string) => askReplica(gateway.backendUrl(name), { token, session });
  const statusOf = async (name: string) => (await gateway.status()).backends?.find((one) => one.name === name);
  const pidsOf = (name: string) =>
    [...childrenOf(gateway.stateDir)].flatMap(([child, pid]) =>
      new RegExp(`^${name}-\\d+$`).test(child) ? [pid] : [],
    );

  before(async () => {
    gateway = await startGateway({ backends: { steady: command('steady', 'steady', { replicas: 2 }) } });
    token = await gateway.token();
  });
  after(() => gateway?.stop());

  it('starts the processes of a new file', async () => {
    gateway.writeBackend('new', command('new', 'one', { replicas: 2 }));
    expect((await sessionAt('new')).replica).to.match(/^one:/);
    await eventually(
      () => pidsOf('new').length,
      (count) => count === 2,
    );
  });

  it('restarts nothing for a change that does not concern the process', async () => {
    const { session, replica } = await sessionAt('steady');
    const before = pidsOf('steady');
    gateway.writeBackend('steady', command('steady', 'steady', { replicas: 2, tenants: ['engineering'], drain: '1m' }));
    gateway.writeBackend('marker', command('marker', 'marker'));
    await sessionAt('marker');
    expect(pidsOf('steady')).to.deep.equal(before);
    expect((await ask('steady', session)).replica).to.equal(replica);
  });

  it('keeps sessions at the old process when the command changes, and opens new ones at the new one', async () => {
    gateway.writeBackend('changing', command('changing', 'old', { drain: '1h' }));
    const { session, replica } = await sessionAt('changing');
    expect(replica).to.match(/^old:/);
    gateway.writeBackend('changing', command('changing', 'new', { drain: '1h' }));
    await eventually(
      () => statusOf('changing'),
      (status) => status?.endpoints?.map(({ health }) => health).join() === 'draining,healthy',
    );
    expect((await ask('changing', session)).replica).to.equal(replica);
    for (let count = 0; count < 10; count++) expect((await openAt('changing')).replica).to.match(/^new:/);
  });

  it('keeps opening sessions while the new process of a changed command starts, and when it cannot start', async () => {
    gateway.writeBackend('rolling', command('rolling', 'old', { drain: '1h' }));
    await sessionAt('rolling');
    gateway.writeBackend('rolling', command('rolling', 'broken', { command: ['false'], drain: '1h' }));
    const told = async () => (await statusOf('rolling'))?.reasons ?? [];
    await eventually(told, (reasons) => reasons.some((reason) => /^rolling-1 ended \(exit code 1\)/.test(reason)));
    expect((await openAt('rolling')).replica).to.match(/^old:/);
    gateway.writeBackend('rolling', command('rolling', 'new', { drain: '1h' }));
    // No initialize fails meanwhile.
    const seen = new Set<string>();
    while (!seen.has('new')) seen.add((await openAt('rolling')).replica.replace(/:.*/, ''));
    expect([...seen]).to.have.members(['old', 'new']);
  });

  it('ends the processes of a removed file when it has drained', async () => {
    gateway.writeBackend('leaving', command('leaving', 'leaving', { drain: '1s', replicas: 2 }));
    const { session } = await sessionAt('leaving');
    const pids = await eventually(
      () => pidsOf('leaving'),
      ({ length }) => length === 2,
    );
    gateway.removeBackend('leaving');
    await eventually(
      () => rpc(gateway.backendUrl('leaving'), { token }, 'initialize'),
      ({ status }) => status === 404,
    );
    await eventually(
      () => rpc(gateway.backendUrl('leaving'), { token, session }),
      ({ status }) => status === 404,
    );
    await eventually(
      () => pids.filter(runs).length,
      (left) => left === 0,
    );
    await eventually(
      () => pidsOf('leaving').length,
      (left) => left === 0,
    );
  });

  it('keeps the processes of a file that comes back while it drains', async () => {
    gateway.writeBackend('back', command('back', 'back', { drain: '1h' }));
    const { session, replica } = await sessionAt('back');
    gateway.removeBackend('back');
    await eventually(
      () => rpc(gateway.backendUrl('back'), { token }, 'initialize'),
      ({ status }) => status === 404,
    );
    gateway.writeBackend('back', command('back', 'back', { drain: '1h' }));
    await sessionAt('back');
    expect((await ask('back', session)).replica).to.equal(replica);
  });

  it('reports why a command does not run', async () => {
    gateway.writeBackend('typo', { name: 'typo', command: ['no-such-program'] });
    const reasons = async () => (await statusOf('typo'))?.reasons ?? [];
    const [reason] = await eventually(reasons, ({ length }) => length > 0);
    expect(reason).to.match(/^typo-0 ended \(.*the program no-such-program was not found.*\); next start in [\d.]+ s$/);
    expect(childOf(gateway.stateDir, 'steady-0')).to.be.a('number');
  });
});
