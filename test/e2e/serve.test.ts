import { dirname } from 'node:path';
import { expect } from 'chai';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { type AdminClient, connectAdmin } from '../control/mcp/admin-client.ts';
import { askReplica, forEach, openSession, REPLICA_PROGRAM, sendSound } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { childOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { SDK2_AUTO } from '../support/clients.ts';
import { PROJECT, startGateway, type TestGateway } from '../support/gateway.ts';

const TENANTS = `# Who may do what.
tenants:
  - name: engineering   # us
    match: [{claim: tenant, value: engineering}]
  - name: sales
    match: [{claim: tenant, value: sales}]
`;

describe('an installation in a folder, administered from an MCP client', function () {
  this.timeout(120_000);
  let snowflake: Replica;
  let gateway: TestGateway;
  let options: string[];
  let client: AdminClient;

  before(async () => {
    snowflake = await startReplica({ name: 'snowflake' });
    gateway = await startGateway({ backends: {}, workers: 1 });
    gateway.writeTenants(TENANTS);
    const folder = dirname(readFacts(stateFolder(gateway.stateDir)).tenantsFile);
    options = ['--registry', folder, '--state-dir', gateway.stateDir];
    client = await connectAdmin(options);
  });
  after(async () => {
    await client.close();
    await gateway.stop();
    await snowflake.stop();
  });

  const names = async () => {
    const { backends } = await client.call('list_backends');
    return Array.isArray(backends)
      ? backends.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)
      : [];
  };

  it('serves what is registered, and reports progress', async () => {
    const progress: string[] = [];
    const replica = {
      command: [process.execPath, REPLICA_PROGRAM],
      cwd: PROJECT,
      healthCheck: { interval: '500ms', timeout: '500ms' },
    };
    const jira = await client.call(
      'register_backend',
      { name: 'jira', ...replica, replicas: 2, waitSeconds: 60 },
      (message) => progress.push(message),
    );
    expect(jira).to.include({ action: 'created', ready: true, state: 'serving', url: gateway.backendUrl('jira') });
    expect(progress.at(0)).to.include('jira: starting');
    expect(progress.at(-1)).to.equal('jira: serving, 2 of 2 replicas healthy');
    const echo = { command: [process.execPath, 'test/fixtures/echo-server/main.ts'], cwd: PROJECT };
    const github = await client.call('register_backend', { name: 'github', ...echo, waitSeconds: 60 });
    expect(github).to.include({ ready: true });
    const url = `http://127.0.0.1:${snowflake.port}/mcp`;
    expect(await client.call('register_backend', { name: 'snowflake', url, waitSeconds: 60 })).to.include({
      ready: true,
    });
    expect(await names()).to.deep.equal(['github serving', 'jira serving', 'snowflake serving']);
  });

  it('assigns them to engineering only', async () => {
    for (const name of ['github', 'jira', 'snowflake']) {
      const assigned = await client.call('assign_backend', { name, tenants: ['engineering'] });
      expect(assigned).to.deep.include({ before: ['engineering', 'sales'], after: ['engineering'] });
    }
    const sales = await gateway.token({ tenant: 'sales' });
    await eventually(
      () => sendSound(gateway.backendUrl('jira'), sales),
      ({ status }) => status === 404,
    );
    const token = await gateway.token({ tenant: 'engineering' });
    const user = await SDK2_AUTO.connect({ url: gateway.backendUrl('github'), token });
    expect((await user.client.listTools()).tools.map(({ name }) => name)).to.deep.equal(['received']);
    await user.client.close();
  });

  it('limits engineering to 1000 an hour, and explains the denial', async () => {
    const set = await client.call('tenant_quota', { tenant_id: 'engineering', requests: 1000, per: 'hour' });
    expect(set).to.deep.include({
      before: ['no quota: unlimited'],
      after: ['tenant: 1000 per hour'],
      inForce: true,
    });
    const token = await gateway.token({ tenant: 'engineering', subject: 'ann' });
    const started = performance.now();
    const call = () => sendSound(gateway.backendUrl('snowflake'), token);
    const answers = await forEach(Array.from({ length: 1000 }), 16, call);
    expect(answers.filter(({ status }) => status !== 200)).to.deep.equal([]);
    // One more passes for each 3.6 s that this took.
    let extra = 0;
    let denied = await call();
    for (; denied.status === 200; denied = await call()) extra++;
    expect(extra).to.be.at.most((performance.now() - started) / 3600 + 1);
    expect(denied.status).to.equal(429);

    const requestId = String(denied.headers['x-request-id']);
    const why = await eventually(
      () => client.call('explain_denial', { requestId }),
      ({ decision }) => decision === 'deny',
    );
    expect(why).to.include({ reason: 'quota', status: 429, explanation: 'A quota is used up.' });
    expect(why.remedy).to.include('tenant_quota');
    const { limits, lastHour } = await eventually(
      () => client.call('tenant_quota', { tenant_id: 'engineering' }),
      (shown) => JSON.stringify(shown.lastHour).includes('"refused":1'),
    );
    expect(limits).to.have.nested.property('[0].left').that.is.at.most(1);
    expect(JSON.stringify(lastHour)).to.include('"name":"ann"');
    const toppedUp = await client.call('tenant_quota', {
      tenant_id: 'engineering',
      topUp: { requests: 500, for: '1h' },
    });
    expect(toppedUp).to.include({ inForce: true, changed: true });
    expect((await call()).status).to.equal(200);
  });

  it('explains sessions: replica, owner, and whether they are valid', async () => {
    const token = await gateway.token({ tenant: 'engineering', subject: 'bob' });
    const { session } = await openSession(gateway.backendUrl('jira'), { token });
    const { replica } = await askReplica(gateway.backendUrl('jira'), { token, session });
    const explained = await eventually(
      () => client.call('explain_session', { sessionId: session }),
      ({ owner }) => JSON.stringify(owner).includes('bob'),
    );
    expect(explained).to.include({ backend: 'jira', tenant: 'engineering', alive: true });
    const pod = String(explained.pod);
    expect(replica).to.include(String(childOf(gateway.stateDir, pod)));
    expect(JSON.stringify(explained)).to.not.include(session);

    process.kill(childOf(gateway.stateDir, pod), 'SIGKILL');
    const gone = await eventually(
      () => client.call('explain_session', { sessionId: session }),
      ({ alive }) => alive === false,
    );
    expect(gone.explanation).to.match(/is gone|was restarted/);
    const status = await eventually(
      () => client.call('backend_status', { name: 'jira' }),
      ({ replicas }) => JSON.stringify(replicas).includes('"restarts":1'),
    );
    expect(JSON.stringify(status.replicas)).to.include('SIGKILL');
    expect(JSON.stringify(status.history)).to.include(`${pod}: `);
    const broken = `${session.slice(0, -2)}AA`;
    expect(await client.rejection('explain_session', { sessionId: broken })).to.include('not a session id');
  });

  it('shows why a backend does not serve, with its output', async () => {
    const command = [
      process.execPath,
      '-e',
      'console.log("no database; token ghp_" + "a".repeat(36)); process.exit(3)',
    ];
    const registered = await client.call('register_backend', { name: 'broken', command, waitSeconds: 2 });
    expect(registered).to.include({ action: 'created', ready: false });
    const status = await eventually(
      () => client.call('backend_status', { name: 'broken' }),
      ({ replicas }) => JSON.stringify(replicas).includes('no database'),
    );
    expect(JSON.stringify(status)).to.include('exit code 3').and.not.include('ghp_aaaa');
    await client.call('remove_backend', { name: 'broken' });
    await client.call('register_backend', { name: 'away', url: 'http://127.0.0.1:9/mcp' });
    await eventually(
      () => client.call('backend_status', { name: 'away' }),
      // On a busy machine the history has the change before the reason is known.
      ({ history, reasons }) =>
        JSON.stringify(history).includes('unhealthy, 0 of 1 replicas healthy') &&
        JSON.stringify(reasons).includes('127.0.0.1:9'),
    );
    await client.call('remove_backend', { name: 'away' });
    await eventually(names, (list) => list.length === 3);
  });

  it('does the same in the shell', async () => {
    const backends = (...args: string[]) => runCommand(['backends', ...options, ...args]);
    const list = await backends('list');
    expect(list).to.include({ code: 0, stderr: '' });
    expect(list.stdout).to.match(
      /^NAME +STATE +HEALTHY +AFFINITY +TENANTS +RUNS\ngithub +serving +1\/1 +session +engineering +\S+node /,
    );
    const scaled = await backends('scale', 'github', '--replicas', '2', '--wait', '60s', '--json');
    expect(scaled.code).to.equal(0);
    expect(JSON.parse(scaled.stdout)).to.include({ action: 'changed', ready: true });
    expect((await backends('status', 'github')).stdout).to.include('github: serving, 2 of 2 replicas healthy');
    expect(await backends('register', 'github', '--url', 'http://a')).to.deep.include({ code: 73, stdout: '' });
    const dry = await backends(
      'register',
      'wiki',
      '--deny-tool',
      'delete_*',
      '--dry-run',
      '--env',
      'TOKEN=/a/b',
      '--',
      process.execPath,
      '-v',
    );
    expect(dry.stdout)
      .to.include('wiki: would be registered (dry run)')
      .and.include(`command:\n  - ${process.execPath}\n`);
    expect(await backends('remove', 'wiki')).to.include({ code: 66 });
    expect((await backends('assign', 'github', '--tenant', 'sales', '--add')).stdout).to.include(
      'usable by engineering, sales (before: engineering)',
    );
    const quota = await runCommand(['quota', 'sales', '--set', 'requests=10 per=minute', ...options]);
    expect(quota.stdout).to.include('after\n  tenant: 10 per minute\nin force');
    const removed = await backends('remove', 'github');
    expect(removed).to.include({ code: 0 });
    await eventually(names, (left) => !left.some((one) => one.startsWith('github serving')));
  });
});
