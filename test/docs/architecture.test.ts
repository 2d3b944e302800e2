import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { OUTSIDE, READS_ENVIRONMENT, ROOMS } from '../architecture/rows.ts';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'docs', 'architecture.md'), 'utf8');
const ROOMS_SECTION = TEXT.slice(TEXT.indexOf('\n## Rooms\n'));

/** The names in backticks of a piece of text. */
const names = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

describe('docs/architecture.md', () => {
  it('has the rooms and their imports as test/architecture/rows.ts has them', () => {
    const rows = ROOMS_SECTION.split('\n').filter((line) => /^\| \[?`/.test(line));
    const shown = rows
      .map((row) => row.split(' | '))
      .map(([room = '', , imports = '']) => [names(room), names(imports)]);
    expect(shown).to.deep.equal([...Object.entries(ROOMS).map(([room, imports]) => [[room], imports]), [OUTSIDE, []]]);
  });

  it('has a readme in every room, which says what the room may import', () => {
    for (const room of Object.keys(ROOMS)) {
      const readme = join(PROJECT, room, 'README.md');
      expect(existsSync(readme), room).to.equal(true);
      expect(readFileSync(readme, 'utf8'), room).to.match(/import/);
    }
  });

  it('says which rooms read the environment', () => {
    const inside = READS_ENVIRONMENT.filter((room) => !OUTSIDE.includes(room));
    const [, readers = '', , others = ''] =
      /Only (.*) read\s+(`process\.env`), and so may (.*?)\./.exec(ROOMS_SECTION) ?? [];
    expect(names(readers)).to.have.members(inside);
    expect(names(others)).to.have.members(OUTSIDE);
  });
});
