import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'docs', 'dependencies.md'), 'utf8');
const PACKAGE = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));

/** The packages in the first column of the table under a heading. */
function packagesUnder(heading: string): string[] {
  const [, section = ''] = TEXT.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('docs/dependencies.md', () => {
  it('has a line for each dependency, and for nothing else', () => {
    expect(packagesUnder('At run time')).to.have.members(Object.keys(PACKAGE.dependencies));
  });

  it('has a line for each development dependency, and for nothing else', () => {
    expect(packagesUnder('For development')).to.have.members(Object.keys(PACKAGE.devDependencies));
  });
});
