import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../core/errors.ts';
import { openAuditLog } from '../../runtime/audit.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';

describe('runtime/audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean);
  after(() => rmSync(folder, { recursive: true }));

  it('appends whole lines with their time to a file that several processes share', async () => {
    const file = join(folder, 'several.log');
    const logs = [openAuditLog(file, { now: () => 0 }), openAuditLog(file, { now: () => 86_400_000 })];
    for (let count = 0; count < 500; count++) for (const log of logs) log.write({ text: 'x'.repeat(100), count });
    for (const log of logs) await log.close();
    const records = linesOf(file).map((line) => JSON.parse(line));
    expect(records).to.have.length(1_000);
    for (const time of ['1970-01-01T00:00:00.000Z', '1970-01-02T00:00:00.000Z']) {
      const counts = records.filter((record) => record.time === time).map((record) => record.count);
      expect(counts).to.deep.equal(Array.from({ length: 500 }, (_, index) => index));
    }
  });

  it('writes a line soon, without waiting for more', async () => {
    const file = join(folder, 'soon.log');
    const log = openAuditLog(file);
    log.write({ decision: 'allow' });
    await eventually(
      () => linesOf(file),
      (lines) => lines.length === 1,
    );
    await log.close();
  });

  it('rejects a file that cannot be written', () => {
    expect(() => openAuditLog(join(folder, 'none', 'audit.log')))
      .to.throw(UserError, /ENOENT/)
      .with.property('code', 'config');
  });
});
