// Writes what is generated from the chart: the schema of its values, their page, and the plain manifests. With --check it reports
// which of them are stale.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { renderManifests } from './chart/manifests.ts';
import { valuesReference } from './chart/reference.ts';
import { VALUES_SCHEMA } from './chart/schema.ts';
import { findHelm } from './go-tools/find.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MANIFESTS = 'k8s/manifests';
const VALUES = 'values.yaml';

/** The schema of the values and their page, by path from the root of the project. */
export function generateReference(): Map<string, string> {
  const values: unknown = parse(readFileSync(join(root, 'k8s', 'chart', 'values.yaml'), 'utf8'));
  return new Map([
    ['k8s/chart/values.schema.json', `${JSON.stringify(VALUES_SCHEMA, undefined, 2)}\n`],
    ['docs/deploy/values.md', valuesReference(VALUES_SCHEMA, values)],
  ]);
}

/** The plain manifests, by path from the root of the project. The schema of the values must exist already. */
export async function generateManifests(helm: string): Promise<Map<string, string>> {
  const files = await renderManifests(helm, root);
  return new Map([...files].map(([file, text]) => [`${MANIFESTS}/${file}`, text]));
}

/** The files that are missing, stale or superfluous. */
export function drift(wanted: ReadonlyMap<string, string>): string[] {
  const found = readdirSync(join(root, MANIFESTS)).map((file) => `${MANIFESTS}/${file}`);
  const extra = found.filter((path) => !path.endsWith(`/${VALUES}`) && !wanted.has(path));
  return [...[...wanted].filter(([path, text]) => read(path) !== text).map(([path]) => path), ...extra];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

function write(files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function main(args: string[]): Promise<number> {
  const reference = generateReference();
  if (!args.includes('--check')) write(reference);
  const manifests = await generateManifests(await findHelm((line) => process.stderr.write(`${line}\n`)));
  const stale = drift(new Map([...reference, ...manifests]));
  if (!args.includes('--check')) {
    for (const path of stale) rmSync(join(root, path), { force: true });
    write(manifests);
    return 0;
  }
  if (stale.length > 0) process.stderr.write(`Stale: ${stale.join(', ')}\nRun: npm run generate\n`);
  return stale.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
