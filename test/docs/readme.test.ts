import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { EXIT_CODES, LOST_OUTPUT } from '../../core/errors.ts';
import { banner } from '../../local/banner.ts';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const COMMANDS = readdirSync(join(PROJECT, 'cli', 'commands')).map((file) => basename(file, '.ts'));

/** First cells of the table under a header. */
function firstCells(header: string): string[] {
  const [, rest = ''] = TEXT.split(`\n${header}\n|---|---|\n`);
  const rows = (rest.split('\n\n')[0] ?? '').split('\n');
  return rows.map((row) => row.split(' | ')[0]?.replace(/^\| /, '') ?? '');
}

describe('README.md', () => {
  it('shows what `up` prints once it is ready', () => {
    const backends = new Map([['everything', 'http://127.0.0.1:8080/everything/mcp']]);
    const printed = banner({ backends, developmentIssuer: 'http://127.0.0.1:1', stateOption: '', waiting: [] });
    // The body of the request is left out.
    const lines = printed
      .replace(/ -H 'Content-Type.*/, ' ...')
      .trim()
      .split('\n');
    expect(TEXT).to.include(lines.map((line) => (line === '' ? '' : `    ${line}`)).join('\n'));
  });

  it('has every command in its table, and no other', () => {
    const shown = firstCells('| command | what it does |').flatMap((cell) =>
      [...cell.matchAll(/`([a-z][a-z-]*)/g)].map(([, name = '']) => name),
    );
    const actions = ['register', 'status', 'scale', 'assign', 'remove'];
    expect([...new Set(shown)].filter((name) => COMMANDS.includes(name) || !actions.includes(name))).to.have.members(
      COMMANDS,
    );
  });

  it('has every exit status in its table, and no other', () => {
    const wanted = [0, 1, LOST_OUTPUT, ...Object.values(EXIT_CODES)];
    expect(firstCells('| exit status | meaning |').map(Number)).to.have.members([...new Set(wanted)]);
  });
});
