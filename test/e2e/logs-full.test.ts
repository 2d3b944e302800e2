import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { issueDevelopmentToken } from '../../local/issuer/token.ts';
import { askService } from '../../runtime/http/unix-client.ts';
import { askStatus } from '../../runtime/policy/status.ts';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { REPLICA_PROGRAM, rpc, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT, startGateway, type TestGateway } from '../support/gateway.ts';

const BACKEND = { name: 'echo', command: [process.execPath, REPLICA_PROGRAM], cwd: PROJECT };
const ENDED = /^ended \(/;

interface Line {
  [field: string]: unknown;
}

describe('logs on a disk that is full', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const linesOf = (file: string): Line[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const statusText = (stateDir: string) => {
    try {
      return execFileSync(process.execPath, ['cli/bin.js', 'status', '--state-dir', stateDir], {
        cwd: PROJECT,
        encoding: 'utf8',
      });
    } catch (error) {
      return String((error as { stdout: string }).stdout);
    }
  };

  describe('the audit log', () => {
    const link = join(folder, 'audit.log');
    /** Lets the path of the audit log lead to another file. */
    const lead = (target: string) => {
      symlinkSync(target, `${link}.new`);
      renameSync(`${link}.new`, link);
    };
    let gateway: TestGateway;
    let token: string;
    const ping = () => rpc(gateway.backendUrl('echo'), { token }, 'ping');
    const anonymous = () => send(gateway.backendUrl('echo'), { method: 'GET' });

    before(async () => {
      lead('/dev/full');
      gateway = await startGateway({ backends: { echo: BACKEND }, settings: { audit: { file: link } } });
      token = await gateway.token();
    });
    after(() => gateway.stop());

    it('ends no process, and requests pass', async () => {
      const statuses = new Set<number>();
      for (let count = 0; count < 50; count++) {
        expect((await anonymous()).status).to.equal(401);
        statuses.add((await ping()).status);
      }
      expect([...statuses]).to.deep.equal([200]);
      expect(gateway.log.filter(({ msg }) => ENDED.test(msg))).to.deep.equal([]);
    });

    it('is in the status and the metrics', async () => {
      await eventually(
        () => gateway.status(),
        ({ logReports = [] }) =>
          logReports.some(
            ({ process = '', logs = [] }) => /^ext-authz-\d$/.test(process) && /^ENOSPC/.test(logs[0]?.failure ?? ''),
          ),
      );
      expect(statusText(gateway.stateDir)).to.match(
        /^the audit log of ext-authz-\d cannot be written: ENOSPC.*; \d+ lines? w/m,
      );
      const { body } = await askService(join(gateway.stateDir, 'run', 'ext-authz-0-http.sock'), '/metrics');
      expect(body).to.contain('mcp_gateway_log_lines_lost_total{log="audit"} 0\n');
      const texts = await Promise.all(
        [0, 1].map((index) => askService(join(gateway.stateDir, 'run', `ext-authz-${index}-http.sock`), '/metrics')),
      );
      expect(texts.some((text) => text.body.includes('mcp_gateway_log_failing{log="audit"} 1\n'))).to.equal(true);
      const proc = await askService(join(gateway.stateDir, 'run', 'ext-proc-0-http.sock'), '/metrics');
      expect(proc.body).to.contain('mcp_gateway_log_failing{log="audit"} ');
    });

    it('with onFailure deny: requests are denied until it can be written, then all lines are there', async () => {
      gateway.writeSettings({ audit: { file: link, onFailure: 'deny' } });
      const denied = await eventually(ping, ({ status }) => status === 503);
      expect(denied.headers).to.include({ 'retry-after': '2' });
      expect(JSON.parse(denied.body).error.code).to.equal(-32014);
      expect((await anonymous()).status).to.equal(401);
      const real = join(folder, 'real.log');
      lead(real);
      await eventually(ping, ({ status }) => status === 200);
      const lines = await eventually(
        () => linesOf(real),
        (all) => all.filter(({ decision }) => decision === 'allow').length > 50,
      );
      expect(lines.some(({ reason }) => reason === 'not-audited')).to.equal(true);
      expect(gateway.log.filter(({ msg }) => ENDED.test(msg))).to.deep.equal([]);
      expect(gateway.log.some(({ msg }) => msg === 'the audit log is written again')).to.equal(true);
    });
  });

  it('is replaced when it is too large', async () => {
    const stateDir = join(folder, 'rotated');
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'audit.log'), `${JSON.stringify({ old: 'x'.repeat(1 << 20) })}\n`);
    const gateway = await startGateway({
      stateDir,
      backends: { echo: BACKEND },
      settings: { audit: { maxFileMiB: 1, maxFiles: 2 } },
    });
    try {
      await send(gateway.backendUrl('echo'), { method: 'GET' });
      await eventually(
        () => existsSync(join(stateDir, 'audit.log.1')) && linesOf(join(stateDir, 'audit.log')).length,
        Boolean,
      );
    } finally {
      await gateway.stop();
    }
    expect(linesOf(join(stateDir, 'audit.log.1'))[0]).to.have.property('old');
    expect(linesOf(join(stateDir, 'audit.log'))[0]).to.not.have.property('old');
  });

  for (const [perSecond, least, most] of [
    [0, 0, 0],
    [1, 120, 400],
  ] as const) {
    it(`has few lines about strangers, and the count of the others: ${perSecond} a second`, async () => {
      const stateDir = join(folder, `sampled-${perSecond}`);
      const gateway = await startGateway({
        stateDir,
        backends: { echo: BACKEND },
        settings: { audit: { anonymousDenialsPerSecond: perSecond } },
      });
      const token = await gateway.token();
      // In the form of a JWT: Envoy itself answers most of the others.
      const bodies = ['a.b.c', `${token}x`, 'eyJhbGciOiJub25lIn0.e30.AA'];
      let sent = 0;
      try {
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            for (let count = 0; count < 50; count++, sent++) {
              const headers = { authorization: `Bearer ${bodies[index % bodies.length]}` };
              const answer = await send(gateway.backendUrl('echo'), { method: 'GET', headers });
              expect(answer.status).to.equal(401);
            }
          }),
        );
        // Everybody with a token is logged.
        for (let count = 0; count < 20; count++) await rpc(gateway.backendUrl('nothing'), { token }, 'ping');
      } finally {
        await gateway.stop();
      }
      const lines = linesOf(join(stateDir, 'audit.log'));
      const of = (reason: string) => lines.filter((line) => line.reason === reason && line.decision === 'deny').length;
      const omitted = lines.filter(({ event, reason }) => event === 'denials-omitted' && reason === 'invalid-token');
      const counted = omitted.reduce((sum, { count }) => sum + Number(count), 0);
      expect(of('unknown-backend')).to.equal(20);
      expect(of('invalid-token')).to.be.within(least, most);
      expect(of('invalid-token') + counted).to.equal(sent);
      expect(omitted.length).to.be.lessThan(20);
    });
  }

  for (const [name, ends] of [
    ['a full disk', false],
    ['a pipe whose reader is gone', true],
  ] as const) {
    it(`the log of up, on ${name}: up serves, reports it and ends well`, async () => {
      const own = mkdtempSync(join(folder, 'up-'));
      const stateDir = join(own, 'state');
      mkdirSync(join(own, 'backends'));
      writeFileSync(join(own, 'backends', 'echo.yaml'), JSON.stringify(BACKEND));
      const tenants = [{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }], backends: ['*'] }];
      writeFileSync(join(own, 'tenants.yaml'), JSON.stringify({ tenants }));
      writeFileSync(join(own, 'gateway.yaml'), 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n');
      const output = ends ? 'pipe' : openSync('/dev/full', 'w');
      const args = [
        'up',
        '--config',
        join(own, 'gateway.yaml'),
        '--port',
        '0',
        '--state-dir',
        stateDir,
        '--workers',
        '1',
      ];
      const child = spawn(process.execPath, ['cli/bin.js', ...args], {
        cwd: PROJECT,
        stdio: ['ignore', output, output],
      });
      const exited = once(child, 'exit');
      child.stdout?.destroy();
      child.stderr?.destroy();
      try {
        const { publicUrl, watcherSocket } = await eventually(() => readFacts(stateFolder(stateDir)), Boolean, 60_000);
        const token = () => issueDevelopmentToken({ stateDir, audience: publicUrl, ttlSeconds: 600 });
        await eventually(
          async () => (await rpc(`${publicUrl}/echo/mcp`, { token: await token() }, 'ping')).status,
          (status) => status === 200,
          60_000,
        );
        const { logReports = [] } = await eventually(
          () => askStatus(watcherSocket),
          (status) => status.logReports?.some(({ process }) => process === 'up') === true,
        );
        expect(logReports[0]?.logs?.[0])
          .to.have.property('failure')
          .that.matches(ends ? /^EPIPE/ : /^ENOSPC/);
      } finally {
        child.kill('SIGTERM');
      }
      expect(await exited).to.deep.equal([0, null]);
    });
  }
});
