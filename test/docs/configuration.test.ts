import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import type { Command } from '../../cli/command.ts';
import { wordsOf } from '../../cli/completion/words.ts';
import { gatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem } from '../../core/document/problems.ts';
import { backendSchema } from '../../core/registry/backend.ts';
import { tenantsSchema } from '../../core/tenants/tenants.ts';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'docs', 'configuration.md'), 'utf8');

/** A JSON schema, as far as its keys matter. */
interface Shape {
  properties?: Record<string, Shape>;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
}

/** Paths of all keys of a document, such as `listen.port` and `tenants[].name`. */
function keysOf({ properties = {}, items, anyOf = [], oneOf = [] }: Shape, at = ''): string[] {
  const own = Object.entries(properties).flatMap(([key, shape]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return [path, ...keysOf(shape, path)];
  });
  const choices = [...anyOf, ...oneOf].flatMap((shape) => keysOf(shape, at));
  return [...own, ...(items ? keysOf(items, `${at}[]`) : []), ...choices];
}

function keysIn(schema: z.ZodType): string[] {
  return [...new Set(keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape))];
}

/** The names in the first column of the tables of a section, without those that are forms or patterns. */
function namesUnder(heading: string): string[] {
  const [, rest = ''] = TEXT.split(`\n## ${heading}\n`);
  const rows = (rest.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| key'));
  const cells = rows.map((row) => row.split(' | ')[0] ?? '').filter((cell) => !cell.includes(':'));
  const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  return names.filter((name) => /^[a-z][A-Za-z.[\]]*$/.test(name));
}

const DOCUMENTS = [
  { heading: 'gateway.yaml', schema: gatewaySchema, bases: ['', 'issuer.', 'issuers[].'] },
  { heading: 'tenants.yaml', schema: tenantsSchema, bases: ['', 'tenants[].quota.', 'tenants[].rules[].'] },
  { heading: 'A backend file', schema: backendSchema, bases: [''] },
];

/** Described in words under "Rules of match" and "What members may use", not by a row of a table. */
const IN_WORDS = /^tenants\[\]\.(match|rules|quota\.(rules|costs|topUps|users))\[?\]?\./;

describe('docs/configuration.md', () => {
  for (const { heading, schema, bases } of DOCUMENTS) {
    it(`has every key of ${heading}, and no other`, () => {
      const keys = keysIn(schema);
      const shown = namesUnder(heading);
      const known = new Set(
        keys.flatMap((key) => bases.map((base) => (key.startsWith(base) ? key.slice(base.length) : key))),
      );
      expect(shown.filter((name) => !known.has(name) && !/^(allow|deny)$/.test(name))).to.deep.equal([]);

      const leaves = keys.filter(
        (key) => !keys.some((other) => other.startsWith(`${key}.`) || other.startsWith(`${key}[]`)),
      );
      const isShown = (key: string): boolean =>
        bases.some((base) => key.startsWith(base) && shown.includes(key.slice(base.length))) ||
        (/[.[]/.test(key) && isShown(key.replace(/(\.[^.[]+|\[\])$/, '')));
      expect(leaves.filter((key) => !IN_WORDS.test(key) && !isShown(key))).to.deep.equal([]);
    });
  }

  it('shows what `check` prints', () => {
    const file = 'name: jira\nurl: http://127.0.0.1:9000/mcp\nreplica: 2\nhealthCheck: {type: ping, interval: 1ms}\n';
    const parsed = parseYaml(file, 'jira.yaml', backendSchema);
    const lines = parsed.ok ? [] : parsed.problems.map(formatProblem);
    expect(TEXT).to.include([...lines, '3 problems found'].map((line) => `    ${line}\n`).join(''));
  });

  it('and the other pages have every option of every command', async () => {
    const pages = globSync('docs/**/*.md', { cwd: PROJECT }).map((path) => readFileSync(join(PROJECT, path), 'utf8'));
    const text = pages.join('\n');
    for (const file of readdirSync(join(PROJECT, 'cli', 'commands'))) {
      const module: Record<string, unknown> = await import(`../../cli/commands/${file}`);
      const command = Object.values(module).find((value): value is Command => isCommand(value));
      if (command === undefined) continue;
      const { options } = wordsOf(basename(file, '.ts'), command);
      expect(
        options.filter((option) => !new RegExp(`${option}(?![\\w-])`).test(text)),
        file,
      ).to.deep.equal([]);
    }
  });
});

function isCommand(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'help' in value && 'run' in value;
}
