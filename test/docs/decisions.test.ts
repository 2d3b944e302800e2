import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PROJECT } from '../support/gateway.ts';

const FOLDER = join(PROJECT, 'docs', 'decisions');
const RECORDS = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .sort();
const SECTIONS = ['Context', 'Decision', 'Consequences', 'Rejected alternatives'];
const STATUS = /^(accepted \d{4}-\d\d-\d\d(, changed by \[.*)?|replaced by \[.*)$/;

function read(name: string): { title: string; status: string; sections: string[] } {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const [title = '', status = ''] = text.split('\n');
  const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
  return { title: title.replace(/^# /, ''), status: status.replace(/^Status: /, ''), sections };
}

describe('docs/decisions', () => {
  it('numbers the records without gaps', () => {
    const numbers = RECORDS.map((name) => Number(name.slice(0, 3)));
    expect(numbers).to.deep.equal(RECORDS.map((_, index) => index + 1));
  });

  for (const name of RECORDS) {
    it(`${name} has its number, a status and all sections`, () => {
      const { title, status, sections } = read(name);
      expect(title.slice(0, 4)).to.equal(`${name.slice(0, 3)} `);
      expect(status).to.match(STATUS);
      expect(sections.filter((section) => section !== 'Changed since')).to.deep.equal(SECTIONS);
      expect(sections.includes('Changed since')).to.equal(status.includes('changed by'));
    });
  }

  it('lists every record in the index, with its title and status', () => {
    const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');
    const rows = index.split('\n').filter((line) => line.startsWith('| ['));
    expect(rows).to.deep.equal(
      RECORDS.map((name) => {
        const { title, status } = read(name);
        return `| [${title}](${name}) | ${status} |`;
      }),
    );
  });
});
