import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { type Child, startChild } from '../../../runtime/processes/child.ts';
import { ownIdentity } from '../../../runtime/processes/identity.ts';
import { acquireLock } from '../../../runtime/processes/lock.ts';
import { emptyFolder } from './folder.ts';
import { Output } from './output.ts';
import { rejection } from './rejection.ts';

const CONTENDERS = 6;

describe('runtime/processes/lock', () => {
  const running: Child[] = [];
  let folder = '';

  /** Another process that tries to acquire the lock, prints the outcome, and runs until it is stopped. */
  const contend = async (): Promise<{ child: Child; outcome: Promise<string> }> => {
    const output = new Output();
    const module = new URL('../../../runtime/processes/lock.ts', import.meta.url);
    const script = `const { acquireLock } = await import('${module}');
      setInterval(() => {}, 1000);
      await acquireLock(${JSON.stringify(folder)}).then(() => console.log('holds'), (error) => console.log(error.code ?? error));`;
    const child = await startChild({
      name: 'contender',
      command: [process.execPath, '--input-type=module', '-e', script],
      onLine: output.onLine,
    });
    running.push(child);
    return { child, outcome: output.first() };
  };

  beforeEach(() => {
    folder = join(emptyFolder(), 'state');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.stop(0)));
  });

  it('has one holder, and can be acquired again after the release', async () => {
    const lock = await acquireLock(folder);
    const error = await rejection(acquireLock(folder));
    expect(error).to.be.instanceOf(UserError).with.property('code', 'already-running');
    expect(error.message).to.include(String(process.pid)).and.include(folder);
    expect(error).to.have.property('hint').that.includes('--state-dir');
    lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
    (await acquireLock(folder)).release();
  });

  it('is taken over from a process that was killed, not from one that is alive', async () => {
    const { child, outcome } = await contend();
    expect(await outcome).to.equal('holds');
    const error = await rejection(acquireLock(folder));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.include(`process ${child.pid}`);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    const lock = await acquireLock(folder);
    expect(JSON.parse(readFileSync(lock.file, 'utf8'))).to.deep.equal(ownIdentity());
    lock.release();
  });

  for (const [what, content] of [
    ['names this pid with another start time', () => JSON.stringify({ ...ownIdentity(), start: 'before' })],
    ['is empty', () => ''],
    ['is damaged', () => '{"pid": 1'],
  ] satisfies [string, () => string][]) {
    it(`is taken over if its file ${what}`, async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'gateway.lock'), content());
      (await acquireLock(folder)).release();
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }

  it('is taken over if the process that was taking it over was killed', async () => {
    mkdirSync(folder, { recursive: true });
    const gone = JSON.stringify({ ...ownIdentity(), start: 'before' });
    writeFileSync(join(folder, 'gateway.lock'), gone);
    writeFileSync(join(folder, 'gateway.lock.takeover'), gone);
    (await acquireLock(folder)).release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is not released by a process that no longer holds it', async () => {
    const lock = await acquireLock(folder);
    writeFileSync(lock.file, JSON.stringify({ ...ownIdentity(), start: 'later' }));
    lock.release();
    expect(existsSync(lock.file)).to.equal(true);
  });

  it('is taken over by exactly one of several processes', async function () {
    this.timeout(60_000);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'gateway.lock'), JSON.stringify({ ...ownIdentity(), start: 'before' }));
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, contend));
    const outcomes = await Promise.all(contenders.map(({ outcome }) => outcome));
    const others = Array.from({ length: CONTENDERS - 1 }, () => 'already-running');
    expect(outcomes.sort()).to.deep.equal([...others, 'holds']);
    expect(readdirSync(folder)).to.deep.equal(['gateway.lock']);
  });
});
