import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import type { NameFilter } from '../../../core/access/filter.ts';
import { visibilityOf } from '../../../core/access/visibility.ts';
import { cacheDir } from '../../../runtime/paths.ts';
import { findOrInstallGo } from '../../../scripts/go-tools/toolchain.ts';

const FOLDER = fileURLToPath(new URL('uri-readers/', import.meta.url));
const TIMEOUT_MS = 120_000;
const URIS = 4_000;
/** Fixed, so that a run repeats the one before it. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_130);

/** Path by the name of the reader that opens it. */
type Read = Record<string, string>;

const attempt = (read: () => string): string[] => {
  try {
    return [read()];
  } catch {
    // This reader rejects the URI.
    return [];
  }
};

const absolute = (path: string) => resolve('/', path.split('\0')[0] ?? '');

const NODE_READERS: Record<string, (uri: string) => string> = {
  fileURLToPath: (uri) => fileURLToPath(uri, { windows: false }),
  'path.resolve, text after file://': (uri) => absolute(uri.replace(/^file:\/\//i, '')),
  'path.resolve, decodeURIComponent': (uri) => absolute(decodeURIComponent(uri.slice(7))),
  'URL().pathname': (uri) => absolute(new URL(uri).pathname),
  'URL().pathname, decoded': (uri) => absolute(decodeURIComponent(new URL(uri).pathname)),
  'URL().pathname, decoded twice': (uri) => absolute(decodeURIComponent(decodeURIComponent(new URL(uri).pathname))),
  'path.normalize, backslashes': (uri) => normalize(absolute(decodeURIComponent(uri.slice(7)).replaceAll('\\', '/'))),
  NFKC: (uri) => absolute(decodeURIComponent(uri.slice(7)).normalize('NFKC')),
};

const readInNode = (uri: string): Read =>
  Object.fromEntries(
    Object.entries(NODE_READERS).flatMap(([name, read]) => attempt(() => read(uri)).map((path) => [name, path])),
  );

const NAMES = [
  'pub',
  'secret',
  'etc',
  'passwd',
  'x',
  'a.md',
  '',
  ' ',
  'C:',
  'proc/self/root',
  'a%20b',
  '%00',
  '%ff',
  '@',
  '%',
];
const UPS = ['..', '%2e%2e', '.%2E', '%252e%252e', '．．', '..;', '.', '%2e', '.. ', '%c0%ae%c0%ae', '..%00'];
const SEPARATORS = ['/', '//', '\\', '%2f', '%5c', '%252f', '%255c', '／', '?', '#', '?/', '#/', ';/', '%3f/', '%23/'];

const uris = fc
  .tuple(
    fc.constantFrom(
      'file:///',
      'file://',
      'file:////',
      'FILE:///',
      'file://localhost/',
      'file:///pub/',
      'file:///pub/x',
    ),
    fc.array(
      fc.tuple(
        fc.constantFrom(...SEPARATORS, '/', '/', '/'),
        fc.oneof(fc.constantFrom(...UPS, '..', '..'), fc.constantFrom(...NAMES)),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([start, rest]) => start + rest.flat().join(''));

function allowed(filter: NameFilter, uri: string): boolean {
  return visibilityOf({ name: 'x', filters: { resources: filter } }, [], []).allows('resources', uri);
}

const within = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);

describe('core/access/uri, against the path functions of servers', function () {
  this.timeout(TIMEOUT_MS);
  const samples = [...new Set(fc.sample(uris, { numRuns: URIS, seed: SEED }))];
  let read: { uri: string; paths: Read }[];

  before(async () => {
    const input = samples.map((uri) => `${JSON.stringify(uri)}\n`).join('');
    const lines = (command: string, args: string[], env = process.env): Read[] =>
      execFileSync(command, args, { input, encoding: 'utf8', env, maxBuffer: 1 << 26 })
        .trimEnd()
        .split('\n')
        .map((line): Read => JSON.parse(line));
    const go = await findOrInstallGo({
      searchPath: process.env.PATH,
      cacheDir: cacheDir(process.env),
      progress: () => {},
    });
    const folder = mkdtempSync(join(tmpdir(), 'uri-readers-'));
    try {
      copyFileSync(join(FOLDER, 'readers.go.txt'), join(folder, 'main.go'));
      const python = lines('python3', [join(FOLDER, 'readers.py')]);
      const goPaths = lines(go.path, ['run', join(folder, 'main.go')]);
      read = samples.map((uri, index) => ({ uri, paths: { ...readInNode(uri), ...python[index], ...goPaths[index] } }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('allows nothing that a server reads as a path outside of what is allowed', () => {
    const filter = { allow: ['file:///pub/*'], deny: [] };
    const passed = read.filter(({ uri }) => allowed(filter, uri));
    expect(passed).to.have.length.above(50);
    for (const { uri, paths } of passed)
      for (const [reader, path] of Object.entries(paths)) {
        expect(within('/pub', path), `${uri} is ${path} for ${reader}`).to.equal(true);
      }
  });

  it('allows nothing that a server reads as a path that is denied', () => {
    const denied = ['secret', 'etc', 'passwd', 'x', 'proc'];
    const filter = { allow: undefined, deny: denied.map((name) => `file:///${name}*`) };
    const passed = read.filter(({ uri }) => allowed(filter, uri));
    expect(passed).to.have.length.above(50);
    for (const { uri, paths } of passed)
      for (const [reader, path] of Object.entries(paths)) {
        const open = denied.some((name) => within(`/${name}`, path));
        expect(open, `${uri} is ${path} for ${reader}`).to.equal(false);
      }
  });

  it('has samples whose text is allowed while a server reads another path', () => {
    const tricks = read.filter(
      ({ uri, paths }) => uri.startsWith('file:///pub/') && Object.values(paths).some((path) => !within('/pub', path)),
    );
    expect(tricks).to.have.length.above(50);
  });
});
