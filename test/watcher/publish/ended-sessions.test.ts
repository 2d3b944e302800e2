import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EndedSessions } from '../../../watcher/publish/ended-sessions.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];

describe('watcher/publish/ended-sessions', () => {
  it('remembers sessions until they may be forgotten', () => {
    const file = join(emptyFolder(), 'ended');
    const first = new EndedSessions(file, 100);
    expect(first.known.size).to.equal(0);
    first.add(A, 150);
    first.add(B, 200);
    expect(new EndedSessions(file, 149).known).to.deep.equal(
      new Map([
        [A, 150],
        [B, 200],
      ]),
    );
    expect(new EndedSessions(file, 150).known).to.deep.equal(new Map([[B, 200]]));
    expect(readFileSync(file, 'utf8')).to.equal(`${B} 200\n`);
  });

  it('ignores truncated lines, and is readable only by its user', () => {
    const file = join(emptyFolder(), 'ended');
    writeFileSync(file, `${A} 200\nnonsense\n${B} 20`);
    expect(new EndedSessions(file, 100).known).to.deep.equal(new Map([[A, 200]]));
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });
});
