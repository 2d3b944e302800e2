import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const UPDATE = process.env.UPDATE_GOLDEN === '1';

/**
 * Compares a whole document with its golden file. `UPDATE_GOLDEN=1` rewrites the file; review the difference before you commit it.
 *
 * @param path below test/golden, such as `resources/https.json`
 * @param actual a string, compared as it is, or any other value, compared as JSON
 */
export function expectGolden(path: string, actual: unknown): void {
  const file = fileURLToPath(new URL(`../golden/${path}`, import.meta.url));
  const text = typeof actual === 'string' ? actual : `${JSON.stringify(actual, undefined, 2)}\n`;
  if (UPDATE) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${file} is missing; UPDATE_GOLDEN=1 writes it`).to.equal(true);
  const golden = readFileSync(file, 'utf8');
  // A difference between values is easier to read than one between texts.
  if (typeof actual !== 'string') expect(JSON.parse(text)).to.deep.equal(JSON.parse(golden));
  expect(text).to.equal(golden);
}
