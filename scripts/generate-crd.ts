// Writes the CustomResourceDefinition of MCPBackend and its reference page, or with --check reports whether they are stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { customResourceDefinition, specSchema } from '../k8s/mcpbackend/crd.ts';
import { reference } from '../k8s/mcpbackend/reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each generated file should contain, by path from the root of the project. */
export function generate(): ReadonlyMap<string, string> {
  const crd = stringify(customResourceDefinition(), { lineWidth: 0, aliasDuplicateObjects: false });
  return new Map([
    ['k8s/chart/crds/mcpbackends.yaml', `# Made by npm run generate from the schema in core/registry.\n${crd}`],
    ['docs/kubernetes/mcpbackend.md', reference(specSchema())],
  ]);
}

/** The generated files that are missing or stale. */
export function drift(wanted: ReadonlyMap<string, string>): string[] {
  return [...wanted].filter(([path, text]) => read(path) !== text).map(([path]) => path);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

function main(args: string[]): number {
  const wanted = generate();
  if (args.includes('--check')) {
    const stale = drift(wanted);
    if (stale.length > 0) process.stderr.write(`Stale: ${stale.join(', ')}\nRun: npm run generate\n`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
