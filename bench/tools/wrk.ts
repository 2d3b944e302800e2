import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import type { Children } from './children.ts';
import { exists } from './exists.ts';

/** wrk, ready to run. */
export interface Wrk {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
}

/** wrk, and the library that it is linked with, which a machine may not have. */
const PACKAGES = ['wrk', 'libluajit-5.1-2'];

/**
 * The load generator: `wrk` on PATH or in the cache, otherwise Debian's package, unpacked into the cache without root.
 * @throws UserError `missing-file` if it is not found and cannot be installed
 */
export async function findWrk(children: Children, cacheDir: string): Promise<Wrk> {
  const onPath = await versionOf(children, 'wrk', {});
  if (onPath !== undefined) return { path: 'wrk', env: {}, version: onPath };
  const folder = join(cacheDir, 'wrk');
  const path = join(folder, 'usr', 'bin', 'wrk');
  try {
    if (!(await exists(path))) await unpackDebianPackages(children, folder);
    const env = { LD_LIBRARY_PATH: (await libraryFolders(join(folder, 'usr', 'lib'))).join(':') };
    const version = await versionOf(children, path, env);
    if (version !== undefined) return { path, env, version };
    throw new Error('wrk of the Debian package does not run');
  } catch (cause) {
    throw new UserError('missing-file', `cannot install wrk, which the benchmark needs: ${messageOf(cause)}`, {
      hint: 'Install it (Debian: apt-get install wrk), so that `wrk -v` works.',
      cause,
    });
  }
}

async function unpackDebianPackages(children: Children, folder: string): Promise<void> {
  const downloads = join(folder, 'packages');
  await mkdir(downloads, { recursive: true });
  await children.run({
    name: 'apt-get download wrk',
    command: 'apt-get',
    args: ['download', ...PACKAGES],
    cwd: downloads,
  });
  for (const file of await readdir(downloads)) {
    await children.run({
      name: `dpkg-deb -x ${file}`,
      command: 'dpkg-deb',
      args: ['-x', join(downloads, file), folder],
    });
  }
}

/** Debian keeps libraries in one folder per architecture, such as `x86_64-linux-gnu`. */
async function libraryFolders(lib: string): Promise<string[]> {
  return (await readdir(lib)).map((name) => join(lib, name));
}

async function versionOf(
  children: Children,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  // `wrk -v` exits with status 1, so the version is read from the error message.
  const output = await children.run({ name: 'wrk -v', command: path, args: ['-v'], env }).catch(messageOf);
  return /\bwrk (\S+) \[/.exec(output)?.[1];
}
