// Writes the TypeScript types of the contracts into protos/gen, or with --check reports whether they are stale.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loaderOptions, protoDir, protoRoots } from '../protos/load.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const genDir = join(root, 'protos', 'gen');

/** The generated files by path relative to protos/gen, in the order of their paths. */
export type Sources = ReadonlyMap<string, string>;

/** What protos/gen should contain, from proto-loader-gen-types with the options of the loader. */
export function generate(): Sources {
  const packageFile = createRequire(import.meta.url).resolve('@grpc/proto-loader/package.json');
  const generator = join(dirname(packageFile), 'build', 'bin', 'proto-loader-gen-types.js');
  const outDir = mkdtempSync(join(tmpdir(), 'mcp-gateway-protos-'));
  try {
    const options = Object.entries(loaderOptions).map(([name, value]) =>
      typeof value === 'function' ? `--${name}=${value.name}` : `--${name}=${value}`,
    );
    const names = ['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', '--targetFileExtension=.ts'];
    // Relative, because the headers of the generated files contain it.
    const paths = ['--includeComments', `--includeDirs=${relative(root, protoDir)}`, `--outDir=${outDir}`];
    execFileSync(process.execPath, [generator, ...options, ...names, ...paths, ...protoRoots], { cwd: root });
    // Only packages: at the top level are types of whole files, which load.ts does not use.
    return new Map([...read(outDir)].filter(([path]) => path.includes('/')).map(([path, text]) => [path, tidy(text)]));
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

/** The contents of a folder of generated files; empty if the folder does not exist. */
export function read(folder: string = genDir): Sources {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const paths = entries.map((entry) => entry.replaceAll('\\', '/')).filter((entry) => entry.endsWith('.ts'));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** One line for each file that is missing, stale or superfluous. */
export function drift(wanted: Sources, found: Sources): string[] {
  const lines: string[] = [];
  for (const path of [...new Set([...wanted.keys(), ...found.keys()])].sort()) {
    if (!found.has(path)) lines.push(`protos/gen/${path} is missing`);
    else if (!wanted.has(path)) lines.push(`protos/gen/${path} is not generated any more`);
    else if (wanted.get(path) !== found.get(path)) lines.push(`protos/gen/${path} is stale`);
  }
  return lines;
}

function tidy(source: string): string {
  const lines = source.split('\n').map((line) => line.trimEnd());
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function write(sources: Sources): void {
  rmSync(genDir, { recursive: true, force: true });
  for (const [path, text] of sources) {
    mkdirSync(dirname(join(genDir, path)), { recursive: true });
    writeFileSync(join(genDir, path), text);
  }
}

function main(args: string[]): number {
  const unknown = args.filter((arg) => arg !== '--check');
  if (unknown.length > 0) {
    process.stderr.write(`Unknown argument: ${unknown.join(' ')}\nUsage: node scripts/generate-protos.ts [--check]\n`);
    return 2;
  }
  const sources = generate();
  if (!args.includes('--check')) {
    write(sources);
    return 0;
  }
  const lines = drift(sources, read());
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\nRun: npm run generate\n`);
  return lines.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
