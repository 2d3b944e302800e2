import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { toReport } from '../../control/tenants/quota-report.ts';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { type Answer, sendSound } from '../fixtures/replica-server/client.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

// Too slow to refill during a test.
const QUOTA = '{requests: 10, per: day, burst: 3}';
const TENANTS = `# Who may do how much.
tenants:
  - name: engineering   # us
    match: [{claim: tenant,   value: engineering}]
    quota: ${QUOTA}   # for now
  # those who sell
  - name: sales
    match: [{claim: tenant, value: sales}]
    quota: ${QUOTA}
  - name: support
    match: [{claim: tenant, value: support}]
    quota: ${QUOTA}
  - name: open
    match: [{claim: tenant, value: open}]
  - name: busy
    match: [{claim: tenant, value: busy}]
    quota: ${QUOTA}
`;

describe('mcp-gateway quota', function () {
  this.timeout(60_000);
  let replica: Replica;
  let gateway: TestGateway;
  let file: string;

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      backends: { jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` } },
      workers: 1,
    });
    gateway.writeTenants(TENANTS);
    file = readFacts(stateFolder(gateway.stateDir)).tenantsFile;
    await eventually(
      () => quota('sales'),
      ({ code }) => code === 0,
    );
  });
  after(async () => {
    await gateway.stop();
    await replica.stop();
  });

  const quota = (...args: string[]) => runCommand(['quota', ...args, '--state-dir', gateway.stateDir]);
  const report = async (tenant: string) =>
    JSON.parse((await quota(tenant, '--json')).stdout) as ReturnType<typeof toReport>;
  const change = async (...args: string[]) => {
    const outcome = await quota(...args);
    expect(outcome).to.include({ code: 0, stderr: '' });
    expect(outcome.stdout).to.match(/^before\n[\s\S]*\nafter\n[\s\S]*\nin force\n$/);
    return outcome.stdout;
  };
  /** Sends calls one after the other; returns their responses. */
  const call = async (tenant: string, times: number, subject = 'ann'): Promise<Answer[]> => {
    const token = await gateway.token({ tenant, subject });
    const answers: Answer[] = [];
    while (answers.length < times) answers.push(await sendSound(gateway.backendUrl('jira'), token));
    return answers;
  };
  const statuses = async (...args: Parameters<typeof call>) => (await call(...args)).map(({ status }) => status);

  it('shows the limits, what is left, who used it and what was denied', async () => {
    expect(await statuses('sales', 2)).to.deep.equal([200, 200]);
    expect(await statuses('sales', 3, 'bob')).to.deep.equal([200, 429, 429]);
    const { limits, lastHour, lastDay, ...rest } = await eventually(
      () => report('sales'),
      (shown) => shown.lastHour.all.requests + shown.lastHour.all.refused === 5,
    );
    expect(rest).to.deep.equal({
      ...{ tenant: 'sales', store: 'memory', dryRun: false, topUps: [] },
      ...{ maxConcurrent: null, maxStreams: null },
    });
    expect(limits).to.deep.equal([{ name: 'tenant', requests: 10, per: 'day', burst: 3, left: 0 }]);
    expect(lastHour.users).to.deep.equal([
      { name: 'bob', requests: 1, cost: 1, refused: 2, wouldRefuse: 0 },
      { name: 'ann', requests: 2, cost: 2, refused: 0, wouldRefuse: 0 },
    ]);
    const all = { requests: 3, cost: 3, refused: 2, wouldRefuse: 0 };
    expect(lastHour.backends).to.deep.equal([{ name: 'jira', ...all }]);
    expect(lastDay.tools).to.deep.equal([{ name: 'anything', ...all }]);

    const { code, stdout, stderr } = await quota('sales');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout.replace(/\(from .*\)/g, '').replace(/ +/g, ' ')).to.include('tenant 10 per day, burst 3 0\n');
    expect(stdout).to.match(
      /^LAST HOUR [\s\S]*^all +3 +3 +2 +0\n {2}user bob +1 +1 +2 +0\n {2}user ann +2 +2 +0 +0\n/m,
    );
  });

  it('also shows the use of a tenant without a quota', async () => {
    expect(await statuses('open', 2)).to.deep.equal([200, 200]);
    const { limits, lastDay } = await eventually(
      () => report('open'),
      (shown) => shown.lastDay.all.requests === 2,
    );
    expect([limits, lastDay.users[0]?.name]).to.deep.equal([[], 'ann']);
    expect((await quota('open')).stdout).to.match(/^open: no quota, unlimited\n/);
  });

  it('changes limits in force: a higher one helps immediately, a lower one is not charged twice', async () => {
    expect(await statuses('engineering', 4)).to.deep.equal([200, 200, 200, 429]);
    const told = await change('engineering', '--set', 'burst=5');
    expect(told).to.equal('before\n  tenant: 10 per day, burst 3\nafter\n  tenant: 10 per day, burst 5\nin force\n');
    expect(readFileSync(file, 'utf8')).to.equal(TENANTS.replace('burst: 3}   # for', 'burst: 5}   # for'));
    expect(await statuses('engineering', 3)).to.deep.equal([200, 200, 429]);
    await change('engineering', '--set', 'requests=60 per=minute burst=1');
    // Five were used; one must refill.
    const [answer] = await call('engineering', 1);
    expect([200, 429]).to.include(answer?.status);
    expect(answer?.headers['retry-after'] ?? '1').to.equal('1');
    await eventually(
      () => statuses('engineering', 1),
      ([status]) => status === 200,
    );
  });

  it('denies nothing in a dry run, and reports what it would have denied', async () => {
    await change('busy', '--set', 'dryRun=true burst=1');
    expect(await statuses('busy', 3)).to.deep.equal([200, 200, 200]);
    const { dryRun, lastHour } = await eventually(
      () => report('busy'),
      (shown) => shown.lastHour.all.requests === 3,
    );
    expect([dryRun, lastHour.all]).to.deep.equal([true, { requests: 3, cost: 1 + 2, refused: 0, wouldRefuse: 2 }]);
  });

  it('tops up by exactly the given number, once, and for a while', async () => {
    const policyOf = ([answer]: Answer[]) => String(answer?.headers['ratelimit-policy']);
    const [first] = await call('support', 1);
    expect(first?.headers['ratelimit-policy']).to.match(/^"tenant";q=3;/);
    expect(await statuses('support', 3)).to.deep.equal([200, 200, 429]);
    expect(await change('support', '--top-up', '2', '--for', '1h')).to.match(/ {2}top-up: 2 until 20\S+Z\nin force/);
    expect(policyOf(await call('support', 1))).to.match(/^"tenant";q=5;/);
    expect(await statuses('support', 2)).to.deep.equal([200, 429]);
    await change('support', '--top-up', '30', '--for', '2s');
    const text = readFileSync(file, 'utf8');
    // It expires by itself, without an edit.
    const answers = await eventually(
      () => call('support', 1),
      (one) => policyOf(one).startsWith('"tenant";q=5;'),
    );
    expect(answers[0]?.status).to.equal(429);
    expect(readFileSync(file, 'utf8')).to.equal(text);
    expect((await report('support')).topUps).to.have.length(1);
    await change('support', '--top-up', '1', '--for', '1h');
    expect(readFileSync(file, 'utf8')).not.to.include('requests: 30');
    // What was used of the expired top-up does not count any more.
    expect(await statuses('support', 2)).to.deep.equal([200, 429]);
  });

  it('loses neither concurrent changes nor comments', async () => {
    const edits = [
      ['sales', 'users.requests=7 users.per=day'],
      ['sales', 'backends.jira.requests=8 backends.jira.per=hour'],
      ['sales', 'burst=4'],
      ['open', 'requests=9 per=hour'],
      ['busy', 'requests=11'],
    ];
    const outcomes = await Promise.all(edits.map(([tenant = '', set = '']) => quota(tenant, '--set', set)));
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).to.deep.equal(
      edits.map(() => ({ code: 0, stderr: '' })),
    );
    const limits = Object.fromEntries(
      (await report('sales')).limits.map(({ name, requests, burst }) => [name, [requests, burst]]),
    );
    expect(limits).to.deep.equal({ tenant: [10, 4], 'each user': [7, 7], 'backend jira': [8, 8] });
    expect((await report('open')).limits[0]?.requests).to.equal(9);
    expect((await report('busy')).limits[0]?.requests).to.equal(11);
    const text = readFileSync(file, 'utf8');
    for (const comment of TENANTS.match(/#.*/g) ?? []) expect(text).to.include(comment);
  });

  it('rejects invalid changes, and changes nothing', async () => {
    const text = readFileSync(file, 'utf8');
    const REJECTED: [string[], string][] = [
      [['nobody'], '"nobody"\nTenants: engineering, sales, support, open, busy\n'],
      [['nobody', '--set', 'requests=1'], '"nobody"'],
      [[], 'TENANT'],
      [['sales', 'open'], 'TENANT'],
      [['sales', '--set', 'requests=0'], 'requests'],
      [['sales', '--set', ''], 'KEY=VALUE'],
      [['sales', '--set', 'backends.jria.requests=1 backends.jria.per=day'], '"jria"\nBackends: jira\n'],
      [['sales', '--set', 'rules.x.requests=1'], '"x"'],
      [['engineering', '--set', 'users.requests=1'], 'users.per: '],
      [['sales', '--top-up', '5'], '--top-up and --for'],
      [['sales', '--top-up', '0', '--for', '1h'], '--top-up'],
      [['sales', '--top-up', '5', '--for', 'ever'], '"ever"'],
      [['sales', '--config', 'gateway.yaml'], '--config'],
    ];
    for (const [args, named] of REJECTED) {
      const { code, stdout, stderr } = await quota(...args);
      expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 64, stdout: '' });
      expect(stderr).to.include(named);
    }
    expect(readFileSync(file, 'utf8')).to.equal(text);
  });

  describe('without a gateway', () => {
    it('shows nothing', async () => {
      for (const args of [[], ['--set', 'requests=1']]) {
        const { code, stderr } = await runCommand(['quota', 'a', ...args, '--state-dir', emptyFolder()]);
        expect(code).to.equal(76);
        expect(stderr).to.match(/^mcp-gateway: no gateway was started with the state folder /);
      }
    });

    it('changes the document that a gateway.yaml names', async () => {
      const folder = emptyFolder();
      const config = join(folder, 'gateway.yaml');
      writeFileSync(config, 'issuer: development\nbackends: backends\ntenants: mine.yaml\n');
      writeFileSync(join(folder, 'mine.yaml'), TENANTS);
      const run = (...args: string[]) => runCommand(['quota', 'sales', ...args, '--config', config]);
      expect((await run('--set', 'per=hour', '--top-up', '7', '--for', '1h')).code).to.equal(0);
      const after = readFileSync(join(folder, 'mine.yaml'), 'utf8');
      expect(
        after.replace(/per: hour, burst: 3, topUps: \[\{requests: 7, until: \S+\}\]/, 'per: day, burst: 3'),
      ).to.equal(TENANTS);
      expect((await run('--set', 'per=week')).code).to.equal(64);
      writeFileSync(join(folder, 'mine.yaml'), 'tenants: []');
      expect((await run('--set', 'per=hour')).code).to.equal(78);
      writeFileSync(config, 'listen: 5');
      expect((await run('--set', 'per=hour')).code).to.equal(78);
      expect((await runCommand(['quota', 'a', '--set', 'per=day', '--config', join(folder, 'none')])).code).to.equal(
        66,
      );
    });
  });
});
