import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { auditLine, findAuditLines } from '../../../control/explain/audit-lines.ts';
import { describeDecision } from '../../../control/explain/denial.ts';
import { explainSession, lifeOf } from '../../../control/explain/session.ts';
import { FolderInstallation } from '../../../control/folder/installation.ts';
import type { UserError } from '../../../core/errors.ts';
import { GATEWAY_DENIALS } from '../../../core/mcp/denial.ts';
import { parseSessionKeys } from '../../../core/session/keys.ts';
import { sealSession } from '../../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../../core/session/session.ts';
import { stateFolder } from '../../../runtime/state/folder.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';
import { registryFolder } from '../mcp/registry-folder.ts';

const session: Session = {
  ...{
    backend: 'jira',
    tenant: 'engineering',
    principal: Buffer.alloc(16),
    endpoint: 'mcp-jira-0',
    incarnation: 'uid/1',
  },
  ...{ serverSessionId: 's', issuedAtSeconds: 1_800_000_000, serial: Buffer.alloc(8) },
};

describe('explaining a denial', () => {
  const UNKNOWN = 'The gateway denied it.';

  it('has an explanation and a remedy for every reason', () => {
    const seen = new Set<string>();
    for (const reason of Object.keys(GATEWAY_DENIALS)) {
      const { explanation, remedy, decision } = describeDecision('id', {
        decision: 'deny',
        reason,
        status: 403,
        message: 'm',
      });
      expect([decision, explanation]).to.not.include(UNKNOWN);
      expect(remedy).to.match(/\.$/);
      seen.add(explanation);
    }
    expect(seen.size).to.equal(Object.keys(GATEWAY_DENIALS).length);
    expect(describeDecision('id', { decision: 'deny', reason: 'constructor' }).explanation).to.equal(UNKNOWN);
  });

  it('names the backend that answered an allowed request', () => {
    expect(describeDecision('id', { decision: 'allow', backend: 'jira' }).explanation).to.include('to jira');
  });

  it('finds lines in rotated files too, oldest first, and does not wait for a FIFO', async () => {
    const folder = emptyFolder();
    const file = join(folder, 'audit.log');
    const about = { key: 'requestId', value: 'r' } as const;
    const write = (path: string, n: number) =>
      writeFileSync(path, `${JSON.stringify({ decision: 'deny', requestId: 'r', n })}\n`);
    write(`${file}.10`, 0);
    write(`${file}.2`, 1);
    write(file, 2);
    symlinkSync('audit.log', join(folder, 'link'));
    for (const path of [file, join(folder, 'link')]) {
      expect((await findAuditLines(path, about)).map(({ n }) => n)).to.deep.equal([0, 1, 2]);
    }
    execFileSync('mkfifo', [`${file}.1`]);
    const error = await findAuditLines(file, about).catch((thrown: UserError) => thrown);
    expect(error).to.have.property('message').that.contains('it is a FIFO');
  });

  it('takes only lines of the audit log, and only those about the request', () => {
    const line = (record: object) => JSON.stringify({ time: 't', ...record });
    const about = { key: 'requestId', value: 'abc-1' } as const;
    expect(auditLine(line({ decision: 'deny', requestId: 'abc-1' }), about)).to.include({ decision: 'deny' });
    expect(auditLine(line({ decision: 'deny', requestId: 'abc-10' }), about)).to.equal(undefined);
    expect(auditLine(line({ level: 30, requestId: 'abc-1' }), about)).to.equal(undefined);
    expect(auditLine('{"requestId":"abc-1","decision":', about)).to.equal(undefined);
    expect(auditLine(line({ event: 'session-ended', session: 'f' }), { key: 'session', value: 'f' })).to.include({
      session: 'f',
    });
  });
});

describe('explaining a session', () => {
  const replica = { id: 'mcp-jira-0', incarnation: 'uid/1' };
  const life = (replicas: { id: string; incarnation: string | undefined }[], exists = true, lines: object[] = []) =>
    lifeOf(session, { exists, replicas, lines: lines.map((line) => ({ ...line })) });

  it('says whether it is alive', () => {
    expect(life([replica])).to.include({ alive: true });
    expect(life([{ ...replica, incarnation: undefined }])).to.include({ alive: true });
    expect(life([])).to.include({ alive: null });
    expect(life([{ ...replica, id: 'mcp-jira-1' }]).explanation).to.include('is gone');
    expect(life([{ ...replica, incarnation: 'uid/2' }]).explanation).to.include('was restarted');
    expect(life([], false).explanation).to.include('was removed');
    expect(life([replica], true, [{ event: 'session-ended', time: 'noon' }])).to.deep.equal({
      alive: false,
      explanation: 'its client ended it at noon',
    });
  });

  it('is for viewers of its tenant; to others it looks like an invalid id', async () => {
    const registry = registryFolder();
    try {
      const state = stateFolder(join(registry.folder, 'state'));
      mkdirSync(state.root);
      const text = Buffer.alloc(32, 7).toString('base64');
      writeFileSync(state.sessionKeys, text);
      const line = {
        time: 't',
        decision: 'allow',
        session: sessionFingerprint(session),
        subject: 'ann',
        issuer: 'https://idp',
      };
      writeFileSync(state.audit, `${JSON.stringify(line)}\n`);
      const keys = parseSessionKeys(text, 'test');
      if (!keys.ok) throw new Error('no keys');
      const sessionId = sealSession(session, keys.value);
      const installation = new FolderInstallation(registry.folder, state);
      const explain = (viewer: 'all' | string[], id = sessionId) =>
        explainSession(installation, { sessionId: id, viewer, nowMs: 1_800_000_060_000 });
      const wanted = {
        ...{ backend: 'jira', tenant: 'engineering', pod: 'mcp-jira-0', ageSeconds: 60, alive: false },
        owner: { principal: '0'.repeat(32), subject: 'ann', issuer: 'https://idp' },
      };
      expect(await explain('all')).to.deep.include(wanted);
      expect(await explain(['sales', 'engineering'])).to.deep.include(wanted);
      const errorOf = (work: Promise<unknown>) =>
        work.then(
          () => 'nothing',
          (error: UserError) => `${error.code}: ${error.message} ${error.hint}`,
        );
      const rejections = [explain(['sales']), explain([]), explain('all', 'x'), explain('all', `${sessionId}A`)];
      const messages = new Set(await Promise.all(rejections.map(errorOf)));
      expect([...messages]).to.have.length(1);
      expect([...messages][0]).to.match(/^no-such: /);
    } finally {
      registry.remove();
    }
  });
});
