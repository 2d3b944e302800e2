import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type EndedSession, wordsOfEnded } from '../../../core/session/ended-record.ts';
import { EndedSessions, MAX_OF_OWNER } from '../../../core/session/ended-sessions.ts';
import { EndedSessionsFile } from '../../../watcher/publish/ended-sessions-file.ts';
import { endedOf, hexOf, refOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

const [A, B] = [endedOf('a', 150), endedOf('b', 200)];

describe('watcher/publish/ended-sessions-file', () => {
  let file: string;

  beforeEach(() => {
    file = join(emptyFolder(), 'ended');
  });

  /** Opens the file as a watcher does that starts at this time. */
  const open = (now: number) => {
    const { log, messages } = capturedLog();
    const ended = new EndedSessions();
    const opened = new EndedSessionsFile({ file, ended, log, now: () => now });
    const end = (session: EndedSession) => {
      ended.add(wordsOfEnded(session), now);
      opened.append(session);
    };
    const has = (...names: string[]) => names.map((name) => ended.has(refOf(name)));
    return { ended, opened, messages, end, has };
  };
  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);

  it('remembers sessions until they may be forgotten', () => {
    const first = open(100);
    expect(first.ended.size).to.equal(0);
    first.end(A);
    first.end(B);
    expect(open(149).has('a', 'b')).to.deep.equal([true, true]);
    expect(open(150).has('a', 'b')).to.deep.equal([false, true]);
    expect(lines()).to.deep.equal([
      `${A.fingerprint} 150 ${A.issuedAtSeconds} ${A.owner}`,
      `${B.fingerprint} 200 ${B.issuedAtSeconds} ${B.owner}`,
    ]);
  });

  it('is readable only by its user', () => {
    writeFileSync(file, '');
    chmodSync(file, 0o644);
    open(100);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('reads lines of older versions, which end after the time', () => {
    writeFileSync(file, `${A.fingerprint} 32503680000\n${B.fingerprint} 99\n`);
    expect(open(100).has('a', 'b')).to.deep.equal([true, false]);
  });

  it('ignores what is not a line, and continues after a line that was cut off', () => {
    const { fingerprint, owner } = B;
    const wrong = [
      ...['nonsense', '', 'x'.repeat(5_000_000), fingerprint, `${fingerprint} `, `${fingerprint} x 1 ${owner}`],
      ...[
        `${fingerprint.toUpperCase()} 200 1 ${owner}`,
        `${fingerprint}  200 1 ${owner}`,
        `${fingerprint} 200 ${owner}`,
      ],
      ...[`${fingerprint} 200 1 ${owner} `, `${fingerprint} 200 1 ${owner.slice(1)}`],
    ];
    writeFileSync(file, `${wrong.join('\n')}\n${A.fingerprint} 150 1 ${A.owner}\n${fingerprint} 2`);
    const opened = open(100);
    expect(opened.has('a', 'b')).to.deep.equal([true, false]);
    opened.end(B);
    expect(open(100).has('a', 'b')).to.deep.equal([true, true]);
  });

  it('is rewritten, without what has expired, once it has twice as many lines as before', async () => {
    const expired = Array.from({ length: 20_000 }, (_, n) => `${hexOf(`${n}`)} 99 1 ${A.owner}\n`);
    writeFileSync(file, `${expired.join('')}${A.fingerprint} 150 1 ${A.owner}\n`);
    const opened = open(100);
    // It is written at this moment.
    opened.end(B);
    await opened.opened.settled;
    // What was added while it was written may be there twice.
    const fingerprints = new Set(lines().map((line) => line.slice(0, 32)));
    expect([...fingerprints]).to.deep.equal([A.fingerprint, B.fingerprint]);
    expect(lines().length).to.be.at.most(3);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    opened.end(endedOf('c', 200));
    expect(open(100).has('a', 'b', 'c')).to.deep.equal([true, true, true]);
  });

  it('is rewritten as often as its length doubles, so that each addition costs the same', async () => {
    const opened = open(100);
    const inodes = new Set<number>();
    for (let n = 0; n < 100_000; n += 1) {
      opened.end(endedOf('x', 200, { fingerprint: hexOf(`${n}`), owner: hexOf(`${n >> 5}`) }));
      if (n % 1_000 === 0) {
        await opened.opened.settled;
        inodes.add(statSync(file).ino);
      }
    }
    expect(lines().length).to.be.within(100_000, 100_100);
    expect(inodes.size).to.be.within(2, 5);
  }).timeout(60_000);

  it('keeps the sessions of one owner as few when it is rewritten, and revives none', async () => {
    const greedy = (n: number) => ({ ...endedOf(`${n}`, 200), issuedAtSeconds: n + 1 });
    const opened = open(100);
    for (let n = 0; n < 12_000; n += 1) opened.end(greedy(n));
    await opened.opened.settled;
    expect(lines().length).to.be.below(MAX_OF_OWNER + 2_100);
    const { ended } = open(100);
    expect(ended.size).to.equal(MAX_OF_OWNER);
    for (let n = 0; n < 12_000; n += 1) expect(ended.has(greedy(n)), `${n}`).to.equal(true);
  }).timeout(60_000);

  it('remembers in memory alone what cannot be written, which is logged once', async () => {
    const opened = open(100);
    opened.end(A);
    rmSync(file);
    mkdirSync(file);
    opened.end(B);
    opened.end(endedOf('c', 200));
    expect(opened.has('a', 'b', 'c')).to.deep.equal([true, true, true]);
    expect(opened.messages).to.deep.equal(['the end of a session was not written to its file']);
  });
});
