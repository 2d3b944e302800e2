import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openAuditLog } from '../../../runtime/audit.ts';
import { filesOfLog } from '../../../runtime/logs/rotation.ts';
import { emptyFolder } from '../processes/folder.ts';

const LINE = 'x'.repeat(100);

describe('runtime/logs/log-file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = emptyFolder();
    file = join(folder, 'audit.log');
  });

  /** Opens a log that looks at its file before every write. */
  function open(maxFileBytes = 1_000, maxFiles = 3) {
    let nowMs = 0;
    const failures: unknown[] = [];
    const log = openAuditLog(file, { now: () => (nowMs += 1_000), onRotationFailed: (error) => failures.push(error) });
    log.limit({ maxFileBytes, maxFiles });
    return { log, failures };
  }

  /** Writes a line and waits until it is in a file. */
  async function write(log: ReturnType<typeof openAuditLog>, n: number) {
    log.write({ n, LINE });
    await log.flushed();
  }

  const numbers = () =>
    filesOfLog(file).flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).n),
    );

  it('replaces a file that is too large, keeps the newest ones and removes those that are too many', async () => {
    writeFileSync(`${file}.7`, '{"n":-1}\n');
    writeFileSync(`${file}.old`, 'of somebody else');
    const { log, failures } = open();
    for (let n = 0; n < 40; n++) await write(log, n);
    await log.close();
    expect(readdirSync(folder).sort()).to.deep.equal(['audit.log', 'audit.log.1', 'audit.log.2', 'audit.log.old']);
    for (const path of filesOfLog(file)) {
      expect(statSync(path).size).to.be.lessThan(1_200);
      expect(statSync(path).mode & 0o777).to.equal(0o600);
    }
    const kept = numbers();
    expect(kept.at(-1)).to.equal(39);
    expect(kept).to.deep.equal(Array.from({ length: kept.length }, (_, index) => 40 - kept.length + index));
    expect(failures).to.deep.equal([]);
  });

  it('never replaces a file with the size 0', async () => {
    const { log } = open(0);
    for (let n = 0; n < 40; n++) await write(log, n);
    await log.close();
    expect(filesOfLog(file)).to.have.length(1);
  });

  it('goes on in a new file if another program moves the file away', async () => {
    const { log } = open(0);
    await write(log, 0);
    renameSync(file, `${file}.moved`);
    await write(log, 1);
    await log.close();
    expect(numbers()).to.deep.equal([1]);
  });

  it('takes over a lock that was left behind, and waits for one that was not', async () => {
    const { log } = open();
    writeFileSync(`${file}.lock`, '');
    for (let n = 0; n < 20; n++) await write(log, n);
    expect(filesOfLog(file)).to.have.length(1);
    utimesSync(`${file}.lock`, 0, 0);
    for (let n = 20; n < 22; n++) await write(log, n);
    await log.close();
    expect(filesOfLog(file)).to.have.length(2);
    expect(numbers()).to.have.length(22);
  });

  it('keeps writing, and reports once, if the file cannot be replaced', async () => {
    const { log, failures } = open();
    mkdirSync(`${file}.1`);
    mkdirSync(`${file}.2/full`, { recursive: true });
    for (let n = 0; n < 20; n++) await write(log, n);
    await log.close();
    expect(readFileSync(file, 'utf8').split('\n').filter(Boolean)).to.have.length(20);
    expect(failures).to.have.length(1);
  });

  it('loses and repeats no line of several processes', async () => {
    const module = JSON.stringify(join(import.meta.dirname, '../../../runtime/audit.ts'));
    const program = `
      const { openAuditLog } = await import(${module});
      let now = 0;
      const log = openAuditLog('${file}', { now: () => (now += 1000) });
      log.limit({ maxFileBytes: 20_000, maxFiles: 1000 });
      for (let n = 0; n < 2000; n++) {
        log.write({ n: process.argv[2] + '-' + n, line: '${LINE}' });
        if (n % 10 === 0) await log.flushed();
      }
      await log.close();`;
    writeFileSync(join(folder, 'writer.mjs'), program);
    const children = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, [join(folder, 'writer.mjs'), name], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).to.deep.equal([0, 0, 0]);
    expect(filesOfLog(file).length).to.be.greaterThan(5);
    const expected = ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 2_000 }, (_, n) => `${name}-${n}`));
    expect(numbers().sort()).to.deep.equal(expected.sort());
  }).timeout(60_000);
});
