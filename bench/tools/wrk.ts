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

/** The library that Debian's wrk is linked with and that a machine may lack. */
const PACKAGES = ['wrk', 'libluajit-5.1-2'];

/**
 * The load generator: `wrk` on PATH, the cache, else Debian's package, unpacked into the cache without root.
 * @throws UserError `missing-file` when there is none
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
    throw new Error('the wrk of the Debian package does not run');
  } catch (cause) {
    throw new UserError('missing-file', `the benchmark needs wrk: ${messageOf(cause)}`, {
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
  // wrk ends with status 1 after -v, so the version is read from the message.
  const output = await children.run({ name: 'wrk -v', command: path, args: ['-v'], env }).catch(messageOf);
  return /\bwrk (\S+) \[/.exec(output)?.[1];
}
